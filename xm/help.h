// The help screens and usage blocks, made from the command table (spec xm-cli 1.4). They return text; who calls them
// prints it.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "xm/command.h"

namespace xm {

// The names on the two screens, in their order.
std::span<const std::string_view> short_help_names();
std::span<const std::string_view> long_help_names();

std::string short_help();
std::string long_help();

// The block that shows how `command` is called; the short help for a command without a help entry.
std::string usage(const Command& command);

// The usage block for a word as typed: the name of a documented command or the beginning of only one; else the short
// help.
std::string usage_of_word(std::string_view word);

// `text` in lines of at most `width` bytes, broken at blanks; a longer word has a line of its own.
std::vector<std::string> wrap(std::string_view text, std::size_t width);

}  // namespace xm
