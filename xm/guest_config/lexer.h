// Cuts a guest file into Python's logical lines and tokens (spec guest-config 2.5). More tolerant than Python 2 in one
// thing: bytes above 127 are accepted everywhere.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "xm/guest_config/value.h"

namespace xm::guest_config {

enum class TokenKind { kName, kNumber, kString, kOperator };

struct Token {
  TokenKind kind;
  std::string text;  // a name, or the characters of an operator
  Value value;       // of a number or a string
  std::size_t line;  // from 1
};

// A line as the grammar sees it: brackets and backslashes join physical lines. Never empty.
struct LogicalLine {
  std::size_t indent;  // columns, a tab going to the next multiple of 8
  std::vector<Token> tokens;
};

// Throws SyntaxError, and TooDeep.
std::vector<LogicalLine> split_lines(std::string_view source);

// The text of physical line `line` (from 1), without its end; the beginning of one of more than 500 bytes.
std::string source_line(std::string_view source, std::size_t line);

}  // namespace xm::guest_config
