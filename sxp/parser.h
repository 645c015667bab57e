// The incremental SXP parser: bytes in, values out, in whatever pieces a socket delivers them.
// Grammar, escapes and errors: spec xend-config section 7. Two quirks of the original are mended, as the spec
// recommends: \xHH is decoded properly, and a backslash before any other character is kept together with that
// character.
#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "sxp/value.h"

namespace sxp {

// Text: "line L, column C: MESSAGE", MESSAGE as in spec xend-config 7.6, and a hint in parentheses where there is one.
class ParseError : public std::runtime_error {
 public:
  ParseError(std::string message, std::size_t line, std::size_t column, const std::string& hint = "");
  const std::string& message() const { return message_; }
  std::size_t line() const { return line_; }      // from 1
  std::size_t column() const { return column_; }  // from 1, in bytes

 private:
  std::string message_;
  std::size_t line_, column_;
};

// Checked before anything is allocated for the part that exceeds them.
struct Limits {
  std::size_t depth = 64;               // nested lists
  std::size_t bytes = 4 * 1024 * 1024;  // bytes fed in all since the last completed top-level value
  std::size_t items = 512 * 1024;  // lists, atoms and strings in one top-level value: they cost 40 bytes and more each
};

class Parser {
 public:
  explicit Parser(Limits limits = {});

  // Consumes bytes up to and including the end of the first top-level value that they complete, or all of them.
  // Returns the number of bytes consumed: the caller keeps the rest (on a relocation socket they belong to the image).
  // An atom is complete when the byte after it has been seen; that byte is consumed when it is white space.
  // Throws ParseError; the parser is unusable afterwards.
  std::size_t feed(std::string_view bytes);

  // The next completed top-level value, oldest first.
  std::optional<Value> next();

  // Says that no more bytes come: completes a trailing atom. Throws ParseError("unexpected EOF") inside a list or
  // string.
  void finish();

  // True after EOT (0x04) where a top-level value may start: the rest of the input is ignored.
  bool at_end() const { return state_ == State::kEnd; }

  // True when nothing of an unfinished value has been read: a peer may close here without having cut anything off.
  bool idle() const;

 private:
  enum class State { kStart, kComment, kAtom, kString, kEscape, kOctal, kHex, kEnd };
  struct Position {
    std::size_t line = 1, column = 1;
  };

  void accept(char c);
  void accept_start(char c);
  void accept_string(char c);
  void accept_escape(char c);
  void accept_octal(char c);
  void accept_hex(char c);
  bool ends_atom(char c) const;
  void count_byte();
  void advance(char c);
  void open_list();
  void close_list();
  void open_text(State state);
  void count_item();
  void complete(Value v);
  [[noreturn]] void fail(std::string message) const;
  [[noreturn]] void fail_at_eof() const;

  Limits limits_;
  State state_ = State::kStart;
  Position position_;     // of the next byte
  Position value_start_;  // of the top-level value being read
  Position text_start_;   // of the string being read
  std::size_t bytes_ = 0;
  std::size_t items_ = 0;
  char quote_ = 0;
  std::string digits_;      // of an octal or hexadecimal escape
  std::string text_;        // of the atom or string being read
  std::vector<List> open_;  // unfinished lists, outermost first
  std::deque<Value> done_;
};

// All top-level values of `text`. Throws ParseError.
std::vector<Value> parse_all(std::string_view text, Limits limits = {});

// The first top-level value of `text`; an empty list when there is none. All of `text` is checked. Throws ParseError.
Value parse_one(std::string_view text, Limits limits = {});

}  // namespace sxp
