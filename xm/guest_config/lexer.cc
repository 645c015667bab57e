#include "xm/guest_config/lexer.h"

#include <cctype>

#include <fmt/format.h>

#include "xm/guest_config/errors.h"
#include "xm/guest_config/literals.h"

namespace xm::guest_config {
namespace {

constexpr std::size_t kDeepest = 100;

bool is_name_start(char c) {
  return std::isalpha(static_cast<unsigned char>(c)) != 0 || c == '_';
}
bool is_digit(char c) {
  return std::isdigit(static_cast<unsigned char>(c)) != 0;
}
bool is_name_char(char c) {
  return is_name_start(c) || is_digit(c);
}

class Lexer {
 public:
  explicit Lexer(std::string_view source) : source_(source) {
    if (source_.starts_with("\xEF\xBB\xBF")) source_.remove_prefix(3);
  }

  std::vector<LogicalLine> run() {
    while (at_ < source_.size()) logical_line();
    return std::move(lines_);
  }

 private:
  char peek(std::size_t ahead = 0) const { return at_ + ahead < source_.size() ? source_[at_ + ahead] : '\0'; }

  bool at_line_end() const { return at_ >= source_.size() || peek() == '\n' || peek() == '\r'; }

  // LF, CRLF and CR all end a line.
  void end_line() {
    if (at_ >= source_.size()) return;
    at_ += peek() == '\r' && peek(1) == '\n' ? 2 : 1;
    ++line_;
  }

  void logical_line() {
    current_ = {indentation(), {}};
    depth_ = 0;
    while (true) {
      skip_blanks();
      if (at_line_end()) {
        const bool end_of_file = at_ >= source_.size();
        end_line();
        // A bracket still open at the end of the file is for the parser to find: it knows where it went wrong.
        if (depth_ == 0 || end_of_file) break;
      } else {
        token();
      }
    }
    if (!current_.tokens.empty()) lines_.push_back(std::move(current_));
  }

  std::size_t indentation() {
    std::size_t column = 0;
    for (;; ++at_) {
      if (peek() == ' ') {
        ++column;
      } else if (peek() == '\t') {
        column = (column / 8 + 1) * 8;
      } else if (peek() == '\f') {
        column = 0;
      } else {
        return column;
      }
    }
  }

  // Blanks, a comment, and backslashes that join lines.
  void skip_blanks() {
    while (at_ < source_.size()) {
      if (peek() == ' ' || peek() == '\t' || peek() == '\f') {
        ++at_;
      } else if (peek() == '#') {
        while (!at_line_end()) ++at_;
      } else if (peek() == '\\' && (peek(1) == '\n' || peek(1) == '\r')) {
        ++at_;
        end_line();
      } else {
        return;
      }
    }
  }

  void token() {
    if (const std::size_t prefix = string_prefix_length(source_.substr(at_)); prefix != std::string_view::npos) {
      const std::size_t line = line_;
      add(TokenKind::kString, {}, read_string(source_, at_, line_), line);
    } else if (is_name_start(peek())) {
      const std::size_t start = at_;
      while (is_name_char(peek())) ++at_;
      add(TokenKind::kName, source_.substr(start, at_ - start), {}, line_);
    } else if (is_digit(peek()) || (peek() == '.' && is_digit(peek(1)))) {
      const std::size_t line = line_;
      add(TokenKind::kNumber, {}, read_number(source_, at_, line), line);
    } else {
      operator_token();
    }
  }

  void operator_token() {
    constexpr std::string_view kDouble[] = {
        "==", "!=", "<>", "<=", ">=", "+=", "-=", "*=", "/=", "%=", "**", "//", "<<", ">>"};
    for (std::string_view text : kDouble) {
      if (source_.substr(at_).starts_with(text)) return add_operator(text);
    }
    const char c = peek();
    if ((c == '(' || c == '[' || c == '{') && ++depth_ > kDeepest) {
      throw TooDeep(fmt::format("line {}: brackets are nested more than {} deep", line_, kDeepest));
    }
    if (c == ')' || c == ']' || c == '}') {
      if (depth_ == 0) throw SyntaxError(line_, "closing bracket without an opening one");
      --depth_;
    }
    constexpr std::string_view kSingle = "=+-*/%()[]{},.:;<>|&^~@`";
    if (kSingle.find(c) == std::string_view::npos) throw SyntaxError(line_, "unexpected character");
    add_operator(source_.substr(at_, 1));
  }

  void add_operator(std::string_view text) {
    at_ += text.size();
    add(TokenKind::kOperator, text, {}, line_);
  }

  void add(TokenKind kind, std::string_view text, Value value, std::size_t line) {
    current_.tokens.push_back({kind, std::string(text), std::move(value), line});
  }

  std::string_view source_;
  std::size_t at_ = 0;
  std::size_t line_ = 1;
  std::size_t depth_ = 0;  // open brackets
  LogicalLine current_{};
  std::vector<LogicalLine> lines_;
};

}  // namespace

std::vector<LogicalLine> split_lines(std::string_view source) {
  return Lexer(source).run();
}

std::string source_line(std::string_view source, std::size_t line) {
  std::size_t at = 0;
  for (std::size_t n = 1; n < line; ++n) {
    at = source.find_first_of("\r\n", at);
    if (at == std::string_view::npos) return {};
    at += source.substr(at).starts_with("\r\n") ? 2 : 1;
  }
  const std::string_view text = source.substr(at, source.find_first_of("\r\n", at) - at);
  constexpr std::size_t kLongest = 500;
  return text.size() <= kLongest ? std::string(text) : std::string(text.substr(0, kLongest)) + "...";
}

}  // namespace xm::guest_config
