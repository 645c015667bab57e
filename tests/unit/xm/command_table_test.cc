// The set of commands, aliases and prefixes of spec xm-cli 1.2 and 2.1.
#include "xm/command_table.h"

#include <algorithm>
#include <iterator>
#include <set>
#include <sstream>
#include <string>

#include <gtest/gtest.h>

#include "xm/help.h"

namespace xm {
namespace {

constexpr char kClassicNames[] =
    "create new start delete suspend resume shutdown reboot destroy pause unpause reset save restore migrate "
    "dump-core rename sysrq trigger list vcpu-list uptime domid domname domstate console vncviewer top mem-max "
    "mem-set vcpu-set vcpu-pin sched-credit sched-credit2 sched-sedf cpupool-create cpupool-new cpupool-start "
    "cpupool-list cpupool-destroy cpupool-delete cpupool-cpu-add cpupool-cpu-remove cpupool-migrate info dmesg "
    "log debug-keys serve shell event-monitor block-attach block-detach block-list block-configure network-attach "
    "network-detach network-list network-new network-del network-show network2-attach network2-detach "
    "network2-list vnet-list vnet-create vnet-delete pci-attach pci-detach pci-list pci-list-assignable-devices "
    "scsi-attach scsi-detach scsi-list usb-add usb-del usb-attach usb-detach usb-list usb-list-assignable-devices "
    "usb-hc-create usb-hc-destroy tmem-list tmem-thaw tmem-freeze tmem-destroy tmem-flush tmem-set tmem-freeable "
    "tmem-shared-auth labels addlabel rmlabel getlabel dry-run resources dumppolicy setpolicy resetpolicy "
    "getpolicy getenforce setenforce";

std::set<std::string> classic_names() {
  std::istringstream words(kClassicNames);
  return {std::istream_iterator<std::string>(words), {}};
}

TEST(CommandTable, HasTheClassicNamesAndTwoOfItsOwn) {
  std::set<std::string> expected = classic_names();
  ASSERT_EQ(expected.size(), 102u);
  expected.insert({"checkpoint-verify", "checkpoint-info"});
  std::set<std::string> names;
  for (const Command& command : all_commands()) {
    EXPECT_TRUE(names.insert(std::string(command.name)).second) << command.name;
  }
  EXPECT_EQ(names, expected);
}

TEST(CommandTable, AliasesStandForCommands) {
  EXPECT_EQ(all_aliases().size(), 15u);
  for (const Alias& alias : all_aliases()) {
    EXPECT_NE(find_alias(alias.name), nullptr) << alias.name;
    EXPECT_EQ(find_command(alias.name), nullptr) << alias.name;
  }
  EXPECT_EQ(find_alias("balloon")->name, "mem-set");
  EXPECT_EQ(find_alias("pool-cpu-remove")->name, "cpupool-cpu-remove");
  EXPECT_EQ(find_alias("list"), nullptr);
}

// What a script has abbreviated since 2005 still is what it was, whatever has been added.
TEST(CommandTable, EveryClassicBeginningMeansWhatItMeant) {
  const std::set<std::string> classic = classic_names();
  std::size_t unambiguous = 0;
  for (const std::string& name : classic) {
    for (std::size_t length = 2; length <= name.size(); ++length) {
      const std::string beginning = name.substr(0, length);
      const auto has_it = [&](const std::string& other) { return other.starts_with(beginning); };
      if (std::ranges::count_if(classic, has_it) != 1) continue;
      ++unambiguous;
      const Command* command = find_command_by_prefix(beginning);
      ASSERT_NE(command, nullptr) << beginning;
      EXPECT_EQ(command->name, name) << beginning;
    }
  }
  EXPECT_EQ(unambiguous, 492u);
}

struct Prefix {
  std::string_view typed, name;
};

class Prefixes : public testing::TestWithParam<Prefix> {};

TEST_P(Prefixes, AreResolved) {
  const Command* command = find_command_by_prefix(GetParam().typed);
  ASSERT_NE(command, nullptr) << GetParam().typed;
  EXPECT_EQ(command->name, GetParam().name);
}

INSTANTIATE_TEST_SUITE_P(
    Usual, Prefixes,
    testing::ValuesIn(std::vector<Prefix>{
        {"cr", "create"},       {"li", "list"},         {"des", "destroy"},        {"shu", "shutdown"},
        {"reb", "reboot"},      {"pa", "pause"},        {"un", "unpause"},         {"sa", "save"},
        {"rest", "restore"},    {"mi", "migrate"},      {"co", "console"},         {"in", "info"},
        {"dm", "dmesg"},        {"lo", "log"},          {"up", "uptime"},          {"to", "top"},
        {"st", "start"},        {"su", "suspend"},      {"resu", "resume"},        {"del", "delete"},
        {"ren", "rename"},      {"sy", "sysrq"},        {"tr", "trigger"},         {"domi", "domid"},
        {"domn", "domname"},    {"mem-s", "mem-set"},   {"mem-m", "mem-max"},      {"vcpu-l", "vcpu-list"},
        {"vcpu-p", "vcpu-pin"}, {"vcpu-s", "vcpu-set"}, {"block-l", "block-list"}, {"network-l", "network-list"},
        {"dump-", "dump-core"}, {"deb", "debug-keys"}}));

TEST(CommandTable, AmbiguousAndShortPrefixesMeanNothing) {
  for (const char* word : {"sh", "re", "s", "dump", "dom", "network", "l", "", "vif-l", "hel", "sched-c"}) {
    EXPECT_EQ(find_command_by_prefix(word), nullptr) << word;
  }
}

TEST(CommandTable, EachCommandIsDescribedOrHasNoHelpEntryAtAll) {
  const std::set<std::string_view> undocumented = {"event-monitor", "network-new", "network-del", "network-show",
                                                   "tmem-flush"};
  for (const Command& command : all_commands()) {
    EXPECT_EQ(command.usage == nullptr, undocumented.contains(command.name)) << command.name;
    EXPECT_EQ(command.description.empty(), command.usage == nullptr) << command.name;
    for (const OptionSpec& option : command.options) EXPECT_FALSE(option.name.empty()) << command.name;
  }
}

}  // namespace
}  // namespace xm
