#include "sxp/printer.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>

namespace sxp {
namespace {

bool is_atom_byte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view(".-_:/~").find(c) != std::string_view::npos;
}

// Spec 8.1: what may be printed without quotes.
bool is_atom(std::string_view text) {
  return text == "@" || (!text.empty() && std::all_of(text.begin(), text.end(), is_atom_byte));
}

void append_escaped(std::string& out, char c) {
  constexpr std::string_view kHex = "0123456789abcdef";
  const auto byte = static_cast<unsigned char>(c);
  switch (c) {
    case '\\':
      out += "\\\\";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    default:
      break;
  }
  if (byte >= 0x20 && byte < 0x7f) {
    out += c;
  } else {
    out += {'\\', 'x', kHex[byte >> 4], kHex[byte & 15]};
  }
}

// Spec 8.2. Never octal: libvirt's parser does not know it.
void append_quoted(std::string& out, std::string_view text) {
  const bool has_single = text.find('\'') != text.npos;
  const char quote = has_single && text.find('"') == text.npos ? '"' : '\'';
  out += quote;
  for (const char c : text) {
    if (c == quote) out += '\\';
    append_escaped(out, c);
  }
  out += quote;
}

void append_double(std::string& out, double d) {
  std::array<char, 32> buffer;
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), d, std::chars_format::general, 12).ptr;
  const std::string_view text(buffer.data(), static_cast<std::size_t>(end - buffer.data()));
  out += text;
  if (text.find_first_not_of("-0123456789") == text.npos) out += ".0";
}

void append_flat(std::string& out, const Value& v) {
  if (v.is_list()) {
    out += '(';
    for (std::size_t i = 0; i < v.as_list().size(); ++i) {
      if (i > 0) out += ' ';
      append_flat(out, v.as_list()[i]);
    }
    out += ')';
  } else if (v.is_string()) {
    if (is_atom(v.as_string())) {
      out += v.as_string();
    } else {
      append_quoted(out, v.as_string());
    }
  } else if (v.is_int()) {
    out += std::to_string(v.as_int());
  } else if (v.is_bool()) {
    out += v.as_bool() ? "True" : "False";
  } else if (v.is_double()) {
    append_double(out, v.as_double());
  } else {
    out += "'None'";
  }
}

// `column` is where the next byte goes. Closing parentheses of enclosing lists do not count against the width (section
// 9).
void append_pretty(std::string& out, const Value& v, std::size_t column, std::size_t width) {
  const std::string flat = to_string(v);
  if (!v.is_list() || v.as_list().empty() || column + flat.size() <= width) {
    out += flat;
    return;
  }
  const List& items = v.as_list();
  out += '(';
  append_pretty(out, items.front(), column + 1, width);
  for (std::size_t i = 1; i < items.size(); ++i) {
    out += '\n';
    out.append(column + 4, ' ');
    append_pretty(out, items[i], column + 4, width);
  }
  out += '\n';
  out.append(column, ' ');
  out += ')';
}

}  // namespace

std::string to_string(const Value& v) {
  std::string out;
  append_flat(out, v);
  return out;
}

std::string pretty(const Value& v, std::size_t width) {
  std::string out;
  append_pretty(out, v, 0, width);
  out += '\n';
  return out;
}

}  // namespace sxp
