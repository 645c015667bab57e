// The incremental SXP parser: bytes in, values out, in whatever pieces a socket delivers them.
// Grammar, escapes and errors: spec xend-config section 7. Two quirks of the original are mended, as the spec recommends:
// \xHH is decoded properly, and a backslash before any other character is kept together with that character.
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

// Text: "line L, column C: MESSAGE", MESSAGE as in spec xend-config 7.6.
class ParseError : public std::runtime_error {
 public:
  ParseError(std::string message, std::size_t line, std::size_t column);
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

  // Says that no more bytes come: completes a trailing atom. Throws ParseError("unexpected EOF") inside a list or string.
  void finish();

  // True after EOT (0x04) where a value may start: the rest of the input is to be ignored.
  bool at_end() const;

  // True when nothing of an unfinished value has been read: a peer may close here without having cut anything off.
  bool idle() const;

 private:
  Limits limits_;
};

// All top-level values of `text`. Throws ParseError.
std::vector<Value> parse_all(std::string_view text, Limits limits = {});

// The first top-level value of `text`; an empty list when there is none. Throws ParseError.
Value parse_one(std::string_view text, Limits limits = {});

}  // namespace sxp
