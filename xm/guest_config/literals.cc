#include "xm/guest_config/literals.h"

#include <cctype>
#include <charconv>
#include <cstdlib>

#include <fmt/format.h>

#include "xm/guest_config/errors.h"

namespace xm::guest_config {
namespace {

bool is_octal(char c) {
  return c >= '0' && c <= '7';
}
bool is_hex(char c) {
  return std::isxdigit(static_cast<unsigned char>(c)) != 0;
}

int hex_digit(char c) {
  return std::isdigit(static_cast<unsigned char>(c)) != 0 ? c - '0' : (c | 0x20) - 'a' + 10;
}

// The character that `\c` stands for, when it is one.
char simple_escape(char c) {
  constexpr std::string_view kLetters = "abfnrtv\\'\"";
  constexpr std::string_view kMeanings = "\a\b\f\n\r\t\v\\'\"";
  const std::size_t i = kLetters.find(c);
  return i == std::string_view::npos ? '\0' : kMeanings[i];
}

class StringReader {
 public:
  StringReader(std::string_view source, std::size_t& at, std::size_t& line)
      : source_(source), at_(at), line_(line), start_line_(line) {}

  Value read() {
    const std::size_t prefix = string_prefix_length(source_.substr(at_));
    for (char c : source_.substr(at_, prefix)) {
      raw_ = raw_ || (c | 0x20) == 'r';
      unicode_ = unicode_ || (c | 0x20) == 'u';
    }
    at_ += prefix;
    const char quote = source_[at_];
    const std::string_view triple(std::string_view(quote == '"' ? R"(""")" : "'''"));
    const bool is_triple = source_.substr(at_).starts_with(triple);
    const std::string_view end = is_triple ? triple : triple.substr(0, 1);
    at_ += end.size();
    while (!source_.substr(at_).starts_with(end)) {
      if (at_ >= source_.size()) throw SyntaxError(start_line_, "string without an end");
      const bool is_end_of_line = source_[at_] == '\n' || source_[at_] == '\r';
      if (is_end_of_line && !is_triple) throw SyntaxError(start_line_, "string without an end");
      character();
    }
    at_ += end.size();
    return unicode_ ? Value(Unicode{std::move(text_)}) : Value(std::move(text_));
  }

 private:
  void character() {
    const char c = source_[at_];
    if (c == '\n' || c == '\r') {
      line_end();
      text_ += '\n';
    } else if (c == '\\' && at_ + 1 < source_.size()) {
      escape();
    } else {
      text_ += c;
      ++at_;
    }
  }

  void line_end() {
    at_ += source_.substr(at_).starts_with("\r\n") ? 2 : 1;
    ++line_;
  }

  void escape() {
    const char c = source_[++at_];
    if (raw_) text_ += '\\';
    if (c == '\n' || c == '\r') {  // joins the lines; in a raw string both characters stay
      line_end();
      if (raw_) text_ += '\n';
    } else if (raw_) {
      text_ += c;
      ++at_;
    } else if (const char meaning = simple_escape(c); meaning != '\0') {
      text_ += meaning;
      ++at_;
    } else if (is_octal(c)) {
      octal();
    } else if (c == 'x') {
      hexadecimal();
    } else {  // not an escape: the backslash stays
      text_ += '\\';
    }
  }

  void octal() {
    int value = 0;
    for (int digits = 0; digits < 3 && at_ < source_.size() && is_octal(source_[at_]); ++digits) {
      value = value * 8 + (source_[at_++] - '0');
    }
    text_ += static_cast<char>(value & 0xff);
  }

  void hexadecimal() {
    const std::string_view digits = source_.substr(at_ + 1, 2);
    if (digits.size() < 2 || !is_hex(digits[0]) || !is_hex(digits[1])) throw SyntaxError(line_, "invalid \\x escape");
    text_ += static_cast<char>(hex_digit(digits[0]) * 16 + hex_digit(digits[1]));
    at_ += 3;
  }

  std::string_view source_;
  std::size_t& at_;
  std::size_t& line_;
  std::size_t start_line_;
  bool raw_ = false;
  bool unicode_ = false;
  std::string text_;
};

struct Radix {
  int base;
  std::size_t prefix;  // characters before the digits
};

Radix radix_of(std::string_view text) {
  if (text.size() > 1 && text[0] == '0') {
    const char letter = static_cast<char>(text[1] | 0x20);
    if (letter == 'x') return {16, 2};
    if (letter == 'o') return {8, 2};
    if (letter == 'b') return {2, 2};
    return {8, 1};
  }
  return {10, 0};
}

Value integer(std::string_view text, std::size_t line) {
  const bool is_long = (text.back() | 0x20) == 'l';
  if (is_long) text.remove_suffix(1);
  const auto [base, prefix] = radix_of(text);
  const std::string_view digits = text.substr(prefix);
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number, base);
  if (error == std::errc::invalid_argument || end != digits.data() + digits.size()) {
    throw SyntaxError(line, fmt::format("malformed number {}", text));
  }
  if (is_long || error == std::errc::result_out_of_range) return Other{"long"};
  return number;
}

}  // namespace

std::size_t string_prefix_length(std::string_view text) {
  const std::size_t letters = text.substr(0, 3).find_first_of("'\"");
  if (letters == std::string_view::npos) return std::string_view::npos;
  std::string prefix(text.substr(0, letters));
  for (char& c : prefix) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  const bool is_known =
      prefix.empty() || prefix == "r" || prefix == "u" || prefix == "b" || prefix == "ur" || prefix == "br";
  return is_known ? letters : std::string_view::npos;
}

Value read_string(std::string_view source, std::size_t& at, std::size_t& line) {
  return StringReader(source, at, line).read();
}

Value read_number(std::string_view source, std::size_t& at, std::size_t line) {
  const std::size_t start = at;
  const bool is_hexadecimal = source[at] == '0' && (source.substr(at + 1, 1) == "x" || source.substr(at + 1, 1) == "X");
  bool is_float = false;
  while (at < source.size()) {
    const char c = source[at];
    const bool is_exponent = !is_hexadecimal && (c | 0x20) == 'e';
    if (c == '.' || is_exponent) is_float = true;
    if (std::isalnum(static_cast<unsigned char>(c)) == 0 && c != '.' && c != '_') break;
    ++at;
    if (is_exponent && at < source.size() && (source[at] == '+' || source[at] == '-')) ++at;
  }
  const std::string text(source.substr(start, at - start));
  if ((text.back() | 0x20) == 'j') throw Unsupported(line, "a complex number");
  if (!is_float) return integer(text, line);
  if (is_hexadecimal) throw SyntaxError(line, fmt::format("malformed number {}", text));
  char* end = nullptr;
  const double number = std::strtod(text.c_str(), &end);
  if (*end != '\0') throw SyntaxError(line, fmt::format("malformed number {}", text));
  return number;
}

}  // namespace xm::guest_config
