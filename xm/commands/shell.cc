// shell: commands line by line until the end of the input (spec xm-cli 1.8).
#include <cstdio>
#include <iostream>
#include <optional>

#include <fmt/format.h>

#include "xm/command.h"
#include "xm/dispatch.h"
#include "xm/help.h"
#include "xm/report.h"

namespace xm {
namespace {

constexpr std::size_t kLongestLine = 65536;

// Takes a line apart as a POSIX shell does, without its variables and wildcards.
class LineSplitter {
 public:
  explicit LineSplitter(std::string_view line) : line_(line) {}

  // Nothing when a quotation is not closed.
  std::optional<std::vector<std::string>> split() {
    while (at_ < line_.size()) {
      const char c = line_[at_++];
      if (c == '\'' || c == '"') {
        if (!quoted(c)) return std::nullopt;
      } else if (c == '\\') {
        if (at_ == line_.size()) return std::nullopt;
        add(line_[at_++]);
      } else if (c == ' ' || c == '\t' || c == '\r') {
        end_word();
      } else {
        add(c);
      }
    }
    end_word();
    return std::move(words_);
  }

 private:
  bool quoted(char quote) {
    open_ = true;
    for (; at_ < line_.size(); ++at_) {
      char c = line_[at_];
      if (c == quote) return ++at_, true;
      const bool escapes =
          quote == '"' && c == '\\' && at_ + 1 < line_.size() && (line_[at_ + 1] == '"' || line_[at_ + 1] == '\\');
      if (escapes) c = line_[++at_];
      word_ += c;
    }
    return false;
  }
  void add(char c) {
    open_ = true;
    word_ += c;
  }
  void end_word() {
    if (open_) words_.push_back(std::move(word_));
    word_.clear();
    open_ = false;
  }

  std::string_view line_;
  std::size_t at_ = 0;
  bool open_ = false;  // inside a word, be it an empty one
  std::string word_;
  std::vector<std::string> words_;
};

void run_line(Session& xend, const std::string& line) {
  const auto split = LineSplitter(line).split();
  if (!split || line.size() > kLongestLine) {
    print("*** No closing quotation\n");
    return;
  }
  std::vector<std::string> words = *split;
  if (!words.empty() && words[0] == "help") {
    print(words.size() > 1 ? usage_of_word(words[1]) : short_help());
    return;
  }
  if (!words.empty() && words[0] == "xm") words.erase(words.begin());
  if (words.empty()) return;
  if (!run_in_shell(words, xend)) print(fmt::format("*** Unknown command: {}\n", words[0]));
}

int shell(Session& xend, const Call&) {
  print("The Xen Master. Type \"help\" for a list of functions.\n");
  std::string line;
  for (;;) {
    print("xm> ");
    std::fflush(stdout);
    if (!std::getline(std::cin, line)) break;
    run_line(xend, line);
  }
  print("\n");
  return 0;
}

}  // namespace

std::vector<Command> shell_commands() {
  return {
      {.name = "shell", .usage = "", .description = "Takes commands until the end of the input.", .handler = shell}};
}

}  // namespace xm
