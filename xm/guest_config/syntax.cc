#include "xm/guest_config/syntax.h"

#include <algorithm>
#include <initializer_list>
#include <span>

#include <fmt/format.h>

#include "xm/guest_config/errors.h"
#include "xm/guest_config/lexer.h"

namespace xm::guest_config {
namespace {

// Statements and operators that are Python, though not understood here.
constexpr std::string_view kStatementWords[] = {"assert", "break",  "class",   "continue", "def",  "del",    "elif",
                                                "except", "exec",   "finally", "for",      "from", "global", "print",
                                                "raise",  "return", "try",     "while",    "with", "yield"};
constexpr std::string_view kOperatorWords[] = {"and", "or", "not", "in", "is", "if", "for", "lambda"};
constexpr std::string_view kOperators[] = {
    "-",  "*", "/", "%", "==", "!=", "<>", "<=", ">=", "<",  ">",  "**", "//", "<<",
    ">>", "|", "&", "^", "~",  "`",  "{",  "@",  "+=", "-=", "*=", "/=", "%="};
// Python's words that are no names either, and are understood here where they belong.
constexpr std::string_view kOtherWords[] = {"None", "else", "import", "pass"};
// There without being imported, so that importing them changes nothing (spec guest-config 2.1).
constexpr std::string_view kModules[] = {"os", "re", "sys", "socket", "struct", "errno"};

bool contains(auto& words, std::string_view word) {
  return std::ranges::find(words, word) != std::end(words);
}

bool is_word(std::string_view name) {
  return contains(kStatementWords, name) || contains(kOperatorWords, name) || contains(kOtherWords, name);
}

class Parser {
 public:
  explicit Parser(std::vector<LogicalLine> lines) : lines_(std::move(lines)) {}

  std::vector<Statement> run() { return block(0); }

 private:
  // The statements of all lines with this indentation, up to the first line with less.
  std::vector<Statement> block(std::size_t indent) {
    std::vector<Statement> statements;
    while (next_ < lines_.size() && lines_[next_].indent >= indent) {
      if (lines_[next_].indent > indent) throw SyntaxError(lines_[next_].tokens.front().line, "unexpected indent");
      open(next_++);
      if (is_name("if")) {
        statements.push_back(if_statement(indent));
      } else {
        simple_statements(statements);
      }
    }
    return statements;
  }

  void open(std::size_t line) {
    tokens_ = &lines_[line].tokens;
    at_ = 0;
  }

  // ---- tokens ----

  bool at_end() const { return at_ >= tokens_->size(); }
  std::size_t line() const { return (*tokens_)[std::min(at_, tokens_->size() - 1)].line; }
  bool is(TokenKind kind, std::string_view text) const {
    return !at_end() && (*tokens_)[at_].kind == kind && (*tokens_)[at_].text == text;
  }
  bool is_operator(std::string_view text) const { return is(TokenKind::kOperator, text); }
  bool is_name(std::string_view text) const { return is(TokenKind::kName, text); }
  bool is_kind(TokenKind kind) const { return !at_end() && (*tokens_)[at_].kind == kind; }
  const Token& take() { return (*tokens_)[at_++]; }

  bool accept(std::string_view text) {
    if (!is_operator(text)) return false;
    ++at_;
    return true;
  }

  // Takes the tokens `texts`, operators and names, when they come next, or none of them.
  bool accept_all(std::initializer_list<std::string_view> texts) {
    if (tokens_->size() - at_ < texts.size()) return false;
    const bool equal = std::ranges::equal(texts, std::span(*tokens_).subspan(at_, texts.size()), {}, {}, &Token::text);
    if (equal) at_ += texts.size();
    return equal;
  }

  [[noreturn]] void unexpected() const {
    if (at_end()) throw SyntaxError(line(), "unexpected end of line");
    const Token& token = (*tokens_)[at_];
    if (token.kind == TokenKind::kName && contains(kOperatorWords, token.text)) {
      throw Unsupported(token.line, fmt::format("'{}' in an expression", token.text));
    }
    if (token.kind == TokenKind::kOperator && contains(kOperators, token.text)) {
      throw Unsupported(token.line, fmt::format("the operator '{}'", token.text));
    }
    throw SyntaxError(token.line, "invalid syntax");
  }

  void expect(std::string_view text) {
    if (!accept(text)) unexpected();
  }

  // ---- statements ----

  void simple_statements(std::vector<Statement>& statements) {
    do {
      if (at_end()) break;  // a semicolon may end the line
      simple_statement(statements);
    } while (accept(";"));
    if (!at_end()) unexpected();
  }

  void simple_statement(std::vector<Statement>& statements) {
    if (is_kind(TokenKind::kName)) {
      const std::string& word = (*tokens_)[at_].text;
      if (word == "import") return import();
      if (word == "pass") {
        ++at_;
        return;
      }
      if (word == "else") throw SyntaxError(line(), "else without if");
      if (contains(kStatementWords, word)) throw Unsupported(line(), fmt::format("a '{}' statement", word));
    }
    Statement statement{{}, {}, false, {}, {}, {}};
    while (is_kind(TokenKind::kName) && at_ + 1 < tokens_->size() && (*tokens_)[at_ + 1].text == "=" &&
           (*tokens_)[at_ + 1].kind == TokenKind::kOperator) {
      check_target();
      statement.targets.push_back(take().text);
      ++at_;
    }
    statement.expression = expression_list();
    if (is_operator("=")) throw Unsupported(line(), "an assignment to something other than a name");
    statements.push_back(std::move(statement));
  }

  // What the preamble calls must be what it seems to be.
  void check_target() const {
    const std::string& name = (*tokens_)[at_].text;
    if (is_word(name)) throw SyntaxError(line(), "an assignment to a word of Python's");
    if (contains(kModules, name)) throw Unsupported(line(), fmt::format("an assignment to {}", name));
  }

  void import() {
    ++at_;
    do {
      if (!is_kind(TokenKind::kName)) unexpected();
      const Token& module = take();
      if (is_operator(".") || is_name("as") || !contains(kModules, module.text)) {
        throw Unsupported(module.line, fmt::format("importing {}", module.text));
      }
    } while (accept(","));
  }

  Statement if_statement(std::size_t indent) {
    ++at_;
    Statement statement{{}, {}, true, {}, {}, {}};
    if (!accept_all({"re", ".", "search", "("}) || !is_kind(TokenKind::kString)) {
      throw Unsupported(line(), "an 'if' other than 'if re.search(TEXT, NAME):'");
    }
    const Token& pattern = take();
    const std::string* text = pattern.value.as_string();
    constexpr std::string_view kSpecial = R"(\^$.|?*+()[]{})";  // what makes it more than a search for a text
    if (text == nullptr || text->find_first_of(kSpecial) != std::string::npos || !is_operator(",")) {
      throw Unsupported(pattern.line, "a search for a pattern");
    }
    statement.pattern = *text;
    ++at_;
    statement.expression = expression();
    if (!accept(")") || !is_operator(":")) {
      throw Unsupported(line(), "an 'if' other than 'if re.search(TEXT, NAME):'");
    }
    statement.body = suite(indent);
    if (next_ < lines_.size() && lines_[next_].indent == indent) {
      open(next_);
      if (is_name("else")) {
        ++at_;
        ++next_;
        statement.otherwise = suite(indent);
      }
    }
    return statement;
  }

  // What a colon introduces: the rest of the line or an indented block.
  std::vector<Statement> suite(std::size_t indent) {
    expect(":");
    if (!at_end()) {
      std::vector<Statement> statements;
      simple_statements(statements);
      return statements;
    }
    if (next_ >= lines_.size() || lines_[next_].indent <= indent) {
      throw SyntaxError(next_ < lines_.size() ? lines_[next_].tokens.front().line : line(), "expected a block");
    }
    const std::size_t deeper = lines_[next_].indent;
    std::vector<Statement> statements = block(deeper);
    if (next_ < lines_.size() && lines_[next_].indent > indent) {
      throw SyntaxError(lines_[next_].tokens.front().line, "indentation matches no outer level");
    }
    return statements;
  }

  // ---- expressions ----

  // A comma makes a tuple, also a trailing one: `memory = 512,`.
  Expression expression_list() {
    Expression first = expression();
    if (!is_operator(",")) return first;
    Expression tuple{ExpressionKind::kTuple, {}, {}, {}, first.line};
    tuple.operands.push_back(std::move(first));
    while (accept(",") && !at_end() && !is_operator(";") && !is_operator("=")) tuple.operands.push_back(expression());
    return tuple;
  }

  Expression expression() {
    Expression first = operand();
    if (!is_operator("+")) return first;
    Expression sum{ExpressionKind::kAdd, {}, {}, {}, line()};
    sum.operands.push_back(std::move(first));
    while (accept("+")) sum.operands.push_back(operand());
    return sum;
  }

  Expression operand() {
    const std::size_t at = line();
    bool negative = false;
    while (is_operator("+") || is_operator("-")) negative ^= take().text == "-";
    Expression value = name_or_literal();
    if (!negative) return value;
    Expression negation{ExpressionKind::kNegate, {}, {}, {}, at};
    negation.operands.push_back(std::move(value));
    return negation;
  }

  Expression name_or_literal() {
    Expression result = primary();
    if (is_operator("(")) throw Unsupported(line(), "a function call");
    if (is_operator("[")) throw Unsupported(line(), "a subscript");
    if (is_operator(".")) throw Unsupported(line(), "an attribute or method");
    return result;
  }

  Expression primary() {
    if (at_end()) unexpected();
    const std::size_t at = line();
    if (is_kind(TokenKind::kNumber)) return {ExpressionKind::kLiteral, take().value, {}, {}, at};
    if (is_kind(TokenKind::kString)) return {ExpressionKind::kLiteral, adjacent_strings(), {}, {}, at};
    if (accept("[")) return sequence(ExpressionKind::kList, "]", at);
    if (accept("(")) return parenthesised(at);
    if (is_operator("{")) throw Unsupported(at, "a dictionary");
    if (!is_kind(TokenKind::kName)) unexpected();
    if (contains(kOperatorWords, (*tokens_)[at_].text)) unexpected();
    if (accept_all({"os", ".", "uname", "(", ")", "["})) {
      if (!is_kind(TokenKind::kNumber)) throw Unsupported(at, "a subscript other than a number");
      Expression uname{ExpressionKind::kUname, take().value, {}, {}, at};
      if (!accept("]")) throw Unsupported(at, "a subscript other than a number");
      return uname;
    }
    const std::string& name = take().text;
    if (name == "None") return {ExpressionKind::kLiteral, {}, {}, {}, at};
    if (is_word(name)) throw SyntaxError(at, "invalid syntax");
    return {ExpressionKind::kName, {}, name, {}, at};
  }

  Value adjacent_strings() {
    Value joined = take().value;
    while (is_kind(TokenKind::kString)) {
      const Token& next = take();
      auto* text = std::get_if<std::string>(&joined.v);
      if (text == nullptr || next.value.as_string() == nullptr) throw Unsupported(next.line, "mixed kinds of strings");
      *text += *next.value.as_string();
    }
    return joined;
  }

  Expression sequence(ExpressionKind kind, std::string_view end, std::size_t at) {
    Expression result{kind, {}, {}, {}, at};
    while (!accept(end)) {
      result.operands.push_back(expression());
      if (!is_operator(end)) expect(",");
    }
    return result;
  }

  // Brackets around one expression mean nothing; a comma makes a tuple.
  Expression parenthesised(std::size_t at) {
    if (accept(")")) return {ExpressionKind::kTuple, {}, {}, {}, at};
    Expression first = expression();
    if (accept(")")) return first;
    expect(",");
    Expression rest = sequence(ExpressionKind::kTuple, ")", at);
    rest.operands.insert(rest.operands.begin(), std::move(first));
    return rest;
  }

  std::vector<LogicalLine> lines_;
  std::size_t next_ = 0;                        // the line after the current one
  const std::vector<Token>* tokens_ = nullptr;  // of the current line
  std::size_t at_ = 0;                          // the current token
};

}  // namespace

std::vector<Statement> parse(std::string_view source) {
  return Parser(split_lines(source)).run();
}

}  // namespace xm::guest_config
