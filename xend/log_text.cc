#include "xend/log_text.h"

#include <fmt/format.h>

#include <algorithm>

namespace xend {
namespace {

constexpr std::string_view kMask = "XXXXXXXX";
constexpr std::string_view kBlank = " \t\r\n";

// Where the value of a password starts, given the text after the key; npos when what follows is not a value but prose.
std::size_t value_start(std::string_view rest, bool in_list) {
  std::size_t at = 0;
  if (at < rest.size() && (rest[at] == '\'' || rest[at] == '"')) ++at;  // the closing quote of the key itself
  const std::size_t separator = rest.find_first_not_of(kBlank, at);
  if (separator == rest.npos) return rest.npos;
  if (std::string_view(":=,").find(rest[separator]) != std::string_view::npos)
    return rest.find_first_not_of(kBlank, separator + 1);
  return in_list && separator > at ? separator : rest.npos;
}

// The length of the value at the start of `rest`: a quoted string with its escapes, or all up to a closing delimiter.
std::size_t value_length(std::string_view rest, bool in_list) {
  if (rest[0] != '\'' && rest[0] != '"') {
    const std::size_t end = rest.find_first_of(in_list ? " \t\r\n)" : " \t\r\n),;]}");
    return std::min(end, rest.size());
  }
  for (std::size_t i = 1; i < rest.size(); ++i) {
    if (rest[i] == '\\') {
      ++i;
    } else if (rest[i] == rest[0]) {
      return i + 1;
    }
  }
  return rest.size();
}

bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

// The end of the next key that names a password, whether an opening parenthesis stands before it, and whether it is
// the end of a path instead, as in /etc/passwd.
struct Key {
  std::size_t end;
  bool in_list;
  bool in_path;
};

Key next_key(std::string_view text, std::size_t from) {
  std::size_t end = text.npos;
  for (std::string_view word : {std::string_view("passwd"), std::string_view("password")}) {
    const std::size_t at = text.find(word, from);
    if (at != text.npos) end = std::min(end, at + word.size());
  }
  if (end == text.npos) return {end, false, false};
  std::size_t start = end;
  while (start > 0 && (is_word(text[start - 1]) || text[start - 1] == '\'' || text[start - 1] == '"')) --start;
  const char before = start > 0 ? text[start - 1] : ' ';
  return {end, before == '(', before == '/'};
}

}  // namespace

std::string mask_passwords(std::string_view text) {
  std::string out;
  std::size_t done = 0;
  for (Key key = next_key(text, 0); key.end != text.npos; key = next_key(text, std::max(key.end, done))) {
    const std::size_t start = key.in_path ? text.npos : value_start(text.substr(key.end), key.in_list);
    if (start == text.npos) continue;
    const std::size_t value = key.end + start;
    const std::size_t length = value_length(text.substr(value), key.in_list);
    if (length == 0) continue;
    out.append(text.substr(done, value - done)).append(kMask);
    done = value + length;
  }
  return out.append(text.substr(done));
}

std::string escape_controls(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte != 0x7f) {
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\r') {
      out += "\\r";
    } else if (c == '\t') {
      out += "\\t";
    } else {
      fmt::format_to(std::back_inserter(out), "\\x{:02x}", byte);
    }
  }
  return out;
}

}  // namespace xend
