// What a command of xm is: all that dispatch, option parsing, help screens and usage blocks need to know about it.
// Commands are defined in xm/commands/, one file per family, and collected in command_table.h.
#pragma once

#include <climits>
#include <string>
#include <string_view>
#include <vector>

#include "xm/getopt.h"

namespace xm {

class Session;
struct Command;

// A command as called. `words` are all words after the subcommand, `parsed` the same taken apart.
struct Call {
  const Command& command;
  std::vector<std::string> words;
  ParsedWords parsed;

  const std::vector<std::string>& operands() const { return parsed.operands; }
  bool has(std::string_view option) const { return parsed.has(option); }
};

// Carries out the command and returns the exit status. Throws what report.h knows how to report.
using Handler = int (*)(Session& xend, const Call& call);

// How many words may follow the subcommand, options counted, "--" not (spec xm-cli 1.3).
struct WordCount {
  int min = 0;
  int max = INT_MAX;  // INT_MAX: the command checks for itself
};
constexpr WordCount exactly(int n) {
  return {n, n};
}

struct Command {
  std::string_view name;
  const char* usage = nullptr;  // what follows "Usage: xm NAME "; null: the command has no help entry
  std::string_view description = {};
  WordCount words = {};
  OptionStyle style = OptionStyle::kNone;
  std::vector<OptionSpec> options = {};
  std::string_view module_help = {};  // follows the usage block after an option error
  Handler handler = nullptr;          // null: not in this release
};

// Names from long ago (spec xm-cli 1.2).
struct Alias {
  std::string_view name;
  std::string_view command;
};

}  // namespace xm
