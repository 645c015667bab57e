#include "xm/dispatch.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include <fmt/format.h>

#include "xm/command_table.h"
#include "xm/help.h"
#include "xm/report.h"

namespace xm {
namespace {

bool contains(const std::vector<std::string>& words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

// Scripts that merge the streams count lines, so the notice is for people only.
void notice_alias(std::string_view alias, std::string_view name) {
  if (isatty(STDERR_FILENO) == 0) return;
  fmt::print(stderr, "Command {} is deprecated.  Please use xm {} instead.\n", alias, name);
}

const Command* resolve(std::string_view word) {
  if (const Command* command = find_command(word)) return command;
  if (const Command* command = find_alias(word)) {
    notice_alias(word, command->name);
    return command;
  }
  if (word == help_command().name) return &help_command();
  return find_command_by_prefix(word);
}

// Not classic, so the classic numbers do not know of them.
bool is_counted(const Command& command, std::string_view word) {
  return word != "--" && std::ranges::none_of(command.options, [&](const OptionSpec& option) {
           return option.abbreviation == OptionSpec::kInFull && word == fmt::format("--{}", option.name);
         });
}

bool word_count_fits(const Command& command, const std::vector<std::string>& words) {
  const auto count = std::ranges::count_if(words, [&](const auto& word) { return is_counted(command, word); });
  return command.words.min <= count && count <= command.words.max;
}

int run_command(const Command& command, std::string_view typed, std::vector<std::string> words, Session& xend) {
  if (!word_count_fits(command, words)) return report_word_count(command);
  ParsedWords parsed;
  try {
    parsed = parse_words(words, command.options, command.style);
  } catch (const GetoptError& e) {
    return report_bad_option(command, typed, e.what());
  }
  if (command.handler == nullptr) {
    print_error(fmt::format("'xm {}' is not available in this release yet.", command.name));
    return 1;
  }
  try {
    return command.handler(xend, Call{command, std::move(words), std::move(parsed)});
  } catch (...) {
    return report_exception(command, typed);
  }
}

}  // namespace

bool run_in_shell(const std::vector<std::string>& words, Session& xend) {
  const Command* command = resolve(words.front());
  if (command == nullptr) return false;
  run_command(*command, words.front(), {words.begin() + 1, words.end()}, xend);
  return true;
}

int run(const std::vector<std::string>& words, Session& xend) {
  if (words.empty()) {
    print(short_help());
    return 1;
  }
  const std::string& first = words.front();
  if (first == "--help" || first == "-h") {
    print(long_help());
    return 0;
  }
  if (contains(words, "--help") || contains(words, "-h")) {
    print(usage_of_word(first));
    return 1;
  }
  const Command* command = resolve(first);
  if (command == nullptr) {
    print_error(fmt::format("Subcommand {} not found!", first));
    print(short_help());
    return 1;
  }
  if (command == &help_command()) {
    print(long_help());
    return 0;
  }
  return run_command(*command, first, {words.begin() + 1, words.end()}, xend);
}

}  // namespace xm
