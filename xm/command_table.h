// The one table of commands and aliases. Dispatch, prefixes, help screens and usage blocks all read it.
#pragma once

#include <span>
#include <string_view>

#include "xm/command.h"

namespace xm {

// All commands, family by family.
std::span<const Command> all_commands();

std::span<const Alias> all_aliases();

// The entry of `help`, which is documented like a command but takes no part in prefixes.
const Command& help_command();

// The command called exactly `name`; null when there is none.
const Command* find_command(std::string_view name);

// The only command that `prefix`, of two letters at least, is the beginning of; null when there are none or several.
const Command* find_command_by_prefix(std::string_view prefix);

// The command that the alias `name` stands for; null when it is no alias.
const Command* find_alias(std::string_view name);

}  // namespace xm
