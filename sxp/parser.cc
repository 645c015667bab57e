#include "sxp/parser.h"

#include <utility>

namespace sxp {
namespace {

constexpr char kEndOfText = 0x04;

bool is_space(char c) {
  return std::string_view(" \t\n\v\f\r").find(c) != std::string_view::npos;
}
bool is_separator(char c) {
  return std::string_view("{}()<>[];").find(c) != std::string_view::npos;
}
bool is_octal(char c) {
  return c >= '0' && c <= '7';
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// The byte that an escape of one letter stands for; none when the letter is no escape.
std::optional<char> simple_escape(char c) {
  constexpr std::string_view kLetters = "abtnvfr\\'\"";
  constexpr std::string_view kBytes = "\a\b\t\n\v\f\r\\'\"";
  const std::size_t at = kLetters.find(c);
  if (at == kLetters.npos) return std::nullopt;
  return kBytes[at];
}

std::string describe(std::string message, std::size_t line, std::size_t column, const std::string& hint) {
  std::string text = "line " + std::to_string(line) + ", column " + std::to_string(column) + ": " + std::move(message);
  return hint.empty() ? text : text + " (" + hint + ")";
}

}  // namespace

ParseError::ParseError(std::string message, std::size_t line, std::size_t column, const std::string& hint)
    : std::runtime_error(describe(message, line, column, hint)),
      message_(std::move(message)),
      line_(line),
      column_(column) {}

Parser::Parser(Limits limits) : limits_(limits) {}

std::size_t Parser::feed(std::string_view bytes) {
  const std::size_t done_before = done_.size();
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const char c = bytes[i];
    if (state_ == State::kEnd) return bytes.size();
    if (state_ == State::kAtom && ends_atom(c)) {
      state_ = State::kStart;
      complete(std::exchange(text_, {}));
      // A byte that is not white space belongs to what comes next, perhaps to somebody else.
      if (done_.size() > done_before && !is_space(c)) return i;
    }
    count_byte();
    accept(c);
    advance(c);
    if (done_.size() > done_before) return i + 1;
  }
  return bytes.size();
}

std::optional<Value> Parser::next() {
  if (done_.empty()) return std::nullopt;
  Value v = std::move(done_.front());
  done_.pop_front();
  return v;
}

void Parser::finish() {
  if (state_ == State::kEnd) return;
  const bool between_values = state_ == State::kStart || state_ == State::kComment;
  if (!open_.empty() || !(between_values || state_ == State::kAtom)) fail_at_eof();
  if (state_ == State::kAtom) {
    state_ = State::kStart;
    complete(std::exchange(text_, {}));
  }
}

bool Parser::idle() const {
  return open_.empty() && (state_ == State::kStart || state_ == State::kComment || state_ == State::kEnd);
}

// ---- one byte ----

void Parser::accept(char c) {
  switch (state_) {
    case State::kStart:
      return accept_start(c);
    case State::kComment:
      if (c == '\n') state_ = State::kStart;
      return;
    case State::kAtom:
      text_ += c;
      return;
    case State::kString:
      return accept_string(c);
    case State::kEscape:
      return accept_escape(c);
    case State::kOctal:
      return accept_octal(c);
    case State::kHex:
      return accept_hex(c);
    case State::kEnd:
      return;
  }
}

void Parser::accept_start(char c) {
  const auto byte = static_cast<unsigned char>(c);
  if (is_space(c)) return;
  if (c == '#') {
    state_ = State::kComment;
  } else if (c == '(') {
    open_list();
  } else if (c == ')') {
    close_list();
  } else if (c == '\'' || c == '"') {
    open_text(State::kString);
    quote_ = c;
  } else if (c == kEndOfText && open_.empty()) {
    state_ = State::kEnd;
  } else if (byte > 0x20 && byte < 0x7f) {
    open_text(State::kAtom);
    text_ += c;
  } else {
    fail("invalid character: code " + std::to_string(byte));
  }
}

// The other separators end an atom, too, and then start the next one.
bool Parser::ends_atom(char c) const {
  return is_space(c) || is_separator(c) || c == '#';
}

void Parser::accept_string(char c) {
  if (c == '\\') {
    state_ = State::kEscape;
  } else if (c == quote_) {
    state_ = State::kStart;
    complete(std::exchange(text_, {}));
  } else {
    text_ += c;
  }
}

void Parser::accept_escape(char c) {
  state_ = State::kString;
  if (is_octal(c)) {
    digits_ = c;
    state_ = State::kOctal;
  } else if (c == 'x') {
    digits_.clear();
    state_ = State::kHex;
  } else if (const std::optional<char> byte = simple_escape(c)) {
    text_ += *byte;
  } else {
    // '\.' in a pattern means what its author meant: spec 7.3, recommendation.
    text_ += {'\\', c};
  }
}

void Parser::accept_octal(char c) {
  if (digits_.size() < 3 && is_octal(c)) {
    digits_ += c;
    return;
  }
  const unsigned long value = std::stoul(digits_, nullptr, 8);
  if (value > 0xff) fail("invalid octal escape: out of range " + digits_);
  text_ += static_cast<char>(value);
  state_ = State::kString;
  accept_string(c);
}

void Parser::accept_hex(char c) {
  if (hex_digit(c) < 0) {
    const bool printable = c > 0x20 && c < 0x7f;
    fail("invalid hex escape: out of range x" + digits_ + (printable ? std::string(1, c) : ""));
  }
  digits_ += c;
  if (digits_.size() < 2) return;
  text_ += static_cast<char>(hex_digit(digits_[0]) * 16 + hex_digit(digits_[1]));
  state_ = State::kString;
}

// ---- values ----

void Parser::open_list() {
  if (open_.size() >= limits_.depth)
    fail("expression too deep: more than " + std::to_string(limits_.depth) + " lists in one another");
  count_item();
  if (open_.empty()) value_start_ = position_;
  open_.emplace_back();
}

void Parser::close_list() {
  if (open_.empty()) fail("syntax error: )");
  Value v(std::move(open_.back()));
  open_.pop_back();
  complete(std::move(v));
}

void Parser::open_text(State state) {
  count_item();
  text_start_ = position_;
  state_ = state;
}

void Parser::complete(Value v) {
  if (!open_.empty()) {
    open_.back().push_back(std::move(v));
    return;
  }
  done_.push_back(std::move(v));
  bytes_ = 0;
  items_ = 0;
}

// ---- limits, positions, errors ----

void Parser::count_byte() {
  if (bytes_ >= limits_.bytes) fail("expression too long: more than " + std::to_string(limits_.bytes) + " bytes");
  ++bytes_;
}

void Parser::count_item() {
  if (items_ >= limits_.items) fail("expression too long: more than " + std::to_string(limits_.items) + " items");
  ++items_;
}

void Parser::advance(char c) {
  if (c == '\n') {
    ++position_.line;
    position_.column = 1;
  } else {
    ++position_.column;
  }
}

void Parser::fail(std::string message) const {
  throw ParseError(std::move(message), position_.line, position_.column);
}

void Parser::fail_at_eof() const {
  const bool in_list = !open_.empty();
  const Position& start = in_list ? value_start_ : text_start_;
  throw ParseError("unexpected EOF", position_.line, position_.column,
                   std::string(in_list ? "the list" : "the string") + " that starts at line " +
                       std::to_string(start.line) + ", column " + std::to_string(start.column) + " is not closed");
}

// ---- whole texts ----

std::vector<Value> parse_all(std::string_view text, Limits limits) {
  Parser parser(limits);
  std::vector<Value> values;
  const auto collect = [&] {
    while (std::optional<Value> v = parser.next()) values.push_back(std::move(*v));
  };
  while (!text.empty()) {
    text.remove_prefix(parser.feed(text));
    collect();
  }
  parser.finish();
  collect();
  return values;
}

Value parse_one(std::string_view text, Limits limits) {
  std::vector<Value> values = parse_all(text, limits);
  return values.empty() ? Value(List{}) : std::move(values.front());
}

}  // namespace sxp
