#include "rpc/text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdlib>

namespace rpc {

namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD

bool xml_can_carry(std::uint32_t c) {
  if (c < 0x20) return c == '\t' || c == '\n' || c == '\r';
  return (c < 0xD800 || c > 0xDFFF) && c != 0xFFFE && c != 0xFFFF && c <= 0x10FFFF;
}

// The length in bytes of the character at the start of `text` (not empty), 0 when there is none that XML can carry.
std::size_t good_character(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned first = byte(0);
  if (first < 0x80) return xml_can_carry(first) ? 1 : 0;
  const std::size_t length = first < 0xC2 ? 0 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : first < 0xF5 ? 4 : 0;
  if (length == 0 || text.size() < length) return 0;
  std::uint32_t c = first & (0xFFU >> (length + 1));
  for (std::size_t i = 1; i < length; i++) {
    if ((byte(i) & 0xC0) != 0x80) return 0;
    c = (c << 6) | (byte(i) & 0x3FU);
  }
  // Longer than needed is not UTF-8: the same name could be written in two ways.
  constexpr std::array<std::uint32_t, 5> kSmallest = {0, 0, 0x80, 0x800, 0x10000};
  return c >= kSmallest[length] && xml_can_carry(c) ? length : 0;
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// The characters of one-letter escapes and what they stand for.
constexpr std::string_view kEscapeLetters = "\\'\"abfnrtv";
constexpr std::string_view kEscapedBytes = "\\'\"\a\b\f\n\r\t\v";

// Appends what the escape at the start of `text` (after its backslash) stands for; returns the length consumed, 0 for
// none.
std::size_t undo_escape(std::string_view text, std::string& out) {
  if (text.empty()) return 0;
  if (const auto letter = kEscapeLetters.find(text[0]); letter != std::string_view::npos) {
    out += kEscapedBytes[letter];
    return 1;
  }
  if (text[0] == '\n') return 1;  // a continued line
  if (text[0] == 'x') {
    if (text.size() < 3 || hex_digit(text[1]) < 0 || hex_digit(text[2]) < 0) return 0;
    out += static_cast<char>(hex_digit(text[1]) * 16 + hex_digit(text[2]));
    return 3;
  }
  std::size_t digits = 0;
  int octal = 0;
  while (digits < 3 && digits < text.size() && text[digits] >= '0' && text[digits] <= '7') {
    octal = octal * 8 + (text[digits++] - '0');
  }
  if (digits > 0) out += static_cast<char>(octal & 0xFF);
  return digits;
}

}  // namespace

std::string repaired_text(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const std::size_t length = good_character(text);
    out += length > 0 ? text.substr(0, length) : kReplacement;
    text.remove_prefix(length > 0 ? length : 1);
  }
  return out;
}

std::string xml_text(std::string_view text) {
  // Nearly all texts need nothing done to them: long listings are made of them.
  const auto plain = [](char c) { return c >= ' ' && c < 0x7f && c != '&' && c != '<' && c != '>'; };
  if (std::all_of(text.begin(), text.end(), plain)) return std::string(text);
  std::string out;
  for (const char c : repaired_text(text)) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '\r':
        out += "&#13;";
        break;  // a parser would turn a bare one into a newline
      default:
        out += c;
    }
  }
  return out;
}

std::string python_escaped(std::string_view bytes) {
  const bool both_quotes = bytes.find('\'') != bytes.npos && bytes.find('"') != bytes.npos;
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string out;
  out.reserve(bytes.size());
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '\\')
      out += "\\\\";
    else if (c == '\n')
      out += "\\n";
    else if (c == '\r')
      out += "\\r";
    else if (c == '\t')
      out += "\\t";
    else if (c == '\'' && both_quotes)
      out += "\\'";
    else if (byte >= 0x20 && byte < 0x7F)
      out += c;
    else
      out += {'\\', 'x', kHex[byte >> 4], kHex[byte & 15]};
  }
  return out;
}

std::string python_unescaped(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const char c = text.front();
    text.remove_prefix(1);
    const std::size_t consumed = c == '\\' ? undo_escape(text, out) : 0;
    if (c != '\\' || consumed == 0) out += c;
    text.remove_prefix(consumed);
  }
  return out;
}

std::string python_repr(double d) {
  if (std::isnan(d)) return "nan";
  if (std::isinf(d)) return d > 0 ? "inf" : "-inf";
  std::array<char, 64> buffer;
  const auto print = [&](std::chars_format format) {
    const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), d, format).ptr;
    return std::string(buffer.data(), end);
  };
  const std::string scientific = print(std::chars_format::scientific);
  const int exponent = std::atoi(scientific.c_str() + scientific.find('e') + 1);
  if (exponent < -4 || exponent >= 16) return scientific;
  const std::string fixed = print(std::chars_format::fixed);
  return fixed.find('.') == std::string::npos ? fixed + ".0" : fixed;
}

}  // namespace rpc
