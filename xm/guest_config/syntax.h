// The part of Python that most guest files are written in, as a tree: assignments of literals, and the preamble that
// finds out the machine's word size (spec guest-config 11 and 12). Anything else is refused by name, never guessed at.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "xm/guest_config/value.h"

namespace xm::guest_config {

enum class ExpressionKind {
  kLiteral,
  kName,
  kList,   // of the operands
  kTuple,  // of the operands
  kAdd,    // all operands, from left to right
  kNegate,
  kUname,  // os.uname()[N], N being the literal
};

struct Expression {
  ExpressionKind kind;
  Value literal;
  std::string name;
  std::vector<Expression> operands;
  std::size_t line;
};

struct Statement {
  std::vector<std::string> targets;  // a = b = expression; empty: the expression is only looked at
  Expression expression;             // of an if: where `pattern` is searched for
  bool is_if = false;                // if re.search('pattern', expression)
  std::string pattern;
  std::vector<Statement> body;
  std::vector<Statement> otherwise;
};

// Throws SyntaxError, or Unsupported for the first construct that it does not know.
std::vector<Statement> parse(std::string_view source);

}  // namespace xm::guest_config
