// What happens to the text of a log line before it is written. Apart from log.h only so that it can be tested alone.
#pragma once

#include <string>
#include <string_view>

namespace xend {

// Replaces the values of keys that end in `passwd` or `password` by XXXXXXXX, in the notations that get logged:
// (vncpasswd VALUE), 'vncpasswd': 'VALUE', "password": "VALUE", vncpasswd=VALUE.
std::string mask_passwords(std::string_view text);

// Control characters as \n, \r, \t or \xhh; everything else, UTF-8 included, unchanged.
std::string escape_controls(std::string_view text);

}  // namespace xend
