// The help screens and usage blocks: which entries, in which layout (spec xm-cli 1.4).
#include "xm/help.h"

#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "xm/command_table.h"

namespace xm {
namespace {

using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

// The names of the entries, after checking the layout of their lines.
std::vector<std::string> entries(const std::string& screen, const std::string& heading) {
  std::vector<std::string> names;
  std::istringstream lines(screen.substr(screen.find(heading) + heading.size()));
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("<Domain>")) break;
    if (line.empty()) continue;
    if (line.starts_with(std::string(22, ' '))) {
      EXPECT_LE(line.size(), 72u) << line;
      continue;
    }
    EXPECT_EQ(line[0], ' ') << line;
    const std::string name = line.substr(1, line.find(' ', 1) - 1);
    names.push_back(name);
    EXPECT_EQ(line.size(), std::max<std::size_t>(20, name.size()) + 52) << line;
  }
  return names;
}

TEST(Help, ScreensHaveTheirEntries) {
  EXPECT_EQ(short_help_names().size(), 28u);
  EXPECT_EQ(long_help_names().size(), 98u);
  EXPECT_THAT(entries(short_help(), "Common 'xm' commands:\n"), testing::ElementsAreArray(short_help_names()));
  EXPECT_THAT(entries(long_help(), "xm full list of subcommands:\n"), testing::ElementsAreArray(long_help_names()));
}

TEST(Help, ScreensBeginAlike) {
  for (const std::string& screen : {short_help(), long_help()}) {
    EXPECT_THAT(screen, StartsWith("Usage: xm <subcommand> [args]\n\n"));
    EXPECT_THAT(screen, HasSubstr("xmdomain.cfg(5)"));
    EXPECT_THAT(screen, HasSubstr("xm(1)"));
  }
  EXPECT_THAT(short_help(), EndsWith("'xm help'.\n"));
}

TEST(Help, UsageShowsOptionsInColumns) {
  Command command{.name = "try", .usage = "<Domain>", .description = "Tries."};
  EXPECT_EQ(usage(command), "Usage: xm try <Domain>\n\nTries.\n");
  command.options = {{'l', "long", "", "Short text"},
                     {0, "secret", "", ""},
                     {0, "state", "S", "A text that does not fit into forty-three bytes"}};
  EXPECT_EQ(usage(command),
            "Usage: xm try <Domain>\n\nTries.\n"
            "  -l, --long                     Short text                                 \n"
            "  --state=S                      A text that does not fit into forty-three  \n"
            "                                 bytes\n\n");
}

TEST(Help, UsageOfAWordGoesByPrefixOfDocumentedCommands) {
  EXPECT_THAT(usage_of_word("des"), StartsWith("Usage: xm destroy <Domain>\n"));
  EXPECT_THAT(usage_of_word("help"), StartsWith("Usage: xm help \n"));
  EXPECT_EQ(usage_of_word("balloon"), short_help());
  EXPECT_EQ(usage_of_word("event-monitor"), short_help());
  EXPECT_EQ(usage_of_word("domstate").substr(0, 28), "Usage: xm domstate <domain> ");
}

TEST(Help, WrapBreaksAtBlanks) {
  EXPECT_THAT(wrap("one two three", 7), ElementsAre("one two", "three"));
  EXPECT_THAT(wrap("incomprehensible word", 7), ElementsAre("incomprehensible", "word"));
  EXPECT_THAT(wrap("", 7), ElementsAre(""));
}

}  // namespace
}  // namespace xm
