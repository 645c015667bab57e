// Tells the person why a command failed: the text on stderr, usage blocks on stdout, and the exit status, for every
// class of failure (spec xm-cli 1.5). The only place that knows these shapes.
#pragma once

#include <string>
#include <string_view>

#include "xm/command.h"

namespace xm {

// Prints "Error: TEXT" on stderr.
void print_error(std::string_view text);

// Prints `sentence` on stderr when that is a terminal: what a person may want to know and no script expects.
void print_advice(std::string_view sentence);

// Prints `text` on stdout, to be flushed when the program ends: what goes to stderr must overtake it in a pipe.
void print(std::string_view text);

// A wrong number of words; returns the exit status.
int report_word_count(const Command& command);

// An option that did not parse; `typed` is the subcommand as typed. Returns the exit status.
int report_bad_option(const Command& command, std::string_view typed, const std::string& text);

// Reports the exception being handled, thrown by the handler of `command`. Returns the exit status.
int report_exception(const Command& command, std::string_view typed);

// What to say when xend cannot be reached, `error` being the errno; `root`: whether the caller is root.
std::string unreachable_text(int error, bool root);

}  // namespace xm
