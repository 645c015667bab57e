// String and number literals of guest files: Python 2's forms, and Python 3's spelling of octal numbers.
#pragma once

#include <cstddef>
#include <string_view>

#include "xm/guest_config/value.h"

namespace xm::guest_config {

// How many letters precede the quote when `text` begins with a string literal (0 for a plain one); npos when it does
// not.
std::size_t string_prefix_length(std::string_view text);

// Reads the string literal at `at`, moving `at` behind it and `line` on by the lines inside it.
// Throws SyntaxError when it does not end.
Value read_string(std::string_view source, std::size_t& at, std::size_t& line);

// Reads the number at `at`, moving `at` behind it. Throws SyntaxError for a malformed one, Unsupported for complex
// ones.
Value read_number(std::string_view source, std::size_t& at, std::size_t line);

}  // namespace xm::guest_config
