#include "xm/help.h"

#include <fmt/format.h>

#include "xm/command_table.h"

namespace xm {
namespace {

constexpr std::string_view kShortNames[] = {
    "console", "vncviewer", "create",  "new",    "delete",  "destroy", "dump-core", "help",    "list",     "mem-set",
    "migrate", "pause",     "reboot",  "reset",  "restore", "resume",  "save",      "shell",   "shutdown", "start",
    "suspend", "top",       "unpause", "uptime", "usb-add", "usb-del", "domstate",  "vcpu-set"};

constexpr std::string_view kLongNames[] = {
    // domains
    "console", "vncviewer", "create", "new", "delete", "destroy", "domid", "domname", "dump-core", "list", "mem-max",
    "mem-set", "migrate", "pause", "reboot", "rename", "reset", "restore", "resume", "save", "checkpoint-verify",
    "checkpoint-info", "shutdown", "start", "suspend", "sysrq", "trigger", "top", "unpause", "uptime", "usb-add",
    "usb-del", "domstate", "vcpu-list", "vcpu-pin", "vcpu-set",
    // host and schedulers
    "debug-keys", "dmesg", "info", "log", "serve", "sched-credit2", "sched-credit", "sched-sedf",
    // devices
    "block-attach", "block-detach", "block-list", "block-configure", "network-attach", "network-detach", "network-list",
    "network2-attach", "network2-detach", "network2-list", "pci-attach", "pci-detach", "pci-list",
    "pci-list-assignable-devices", "scsi-attach", "scsi-detach", "scsi-list", "usb-attach", "usb-detach", "usb-list",
    "usb-list-assignable-devices", "usb-hc-create", "usb-hc-destroy", "vnet-list", "vnet-create", "vnet-delete",
    // security
    "setpolicy", "labels", "addlabel", "rmlabel", "getlabel", "dry-run", "resources", "dumppolicy", "resetpolicy",
    "getpolicy", "getenforce", "setenforce",
    // transcendent memory, CPU pools, the rest
    "tmem-list", "tmem-thaw", "tmem-freeze", "tmem-destroy", "tmem-set", "tmem-shared-auth", "cpupool-create",
    "cpupool-new", "cpupool-start", "cpupool-list", "cpupool-destroy", "cpupool-delete", "cpupool-cpu-add",
    "cpupool-cpu-remove", "cpupool-migrate", "shell"};

constexpr std::string_view kHead =
    "Usage: xm <subcommand> [args]\n\n"
    "Creates, lists, moves and changes the guests of this Xen host.\n\n";

constexpr std::string_view kFoot =
    "\n<Domain> is the name, the id or the UUID of a domain.\n"
    "What each command does in detail is described in the manual page xm(1),\n"
    "and the files that 'xm create' reads in xmdomain.cfg(5).\n";

const Command* documented(std::string_view name) {
  if (name == help_command().name) return &help_command();
  const Command* command = find_command(name);
  return command != nullptr && command->usage != nullptr ? command : nullptr;
}

std::string entries(std::span<const std::string_view> names) {
  std::string text;
  for (std::string_view name : names) {
    const Command* command = documented(name);
    const std::vector<std::string> lines = wrap(command->description, 50);
    text += fmt::format(" {:<20} {:<50}\n", name, lines.front());
    for (std::size_t i = 1; i < lines.size(); ++i) text += fmt::format("{:22}{}\n", "", lines[i]);
  }
  return text;
}

std::string option_label(const OptionSpec& option) {
  std::string label = option.letter != 0 ? fmt::format("-{}, ", option.letter) : "";
  label += fmt::format("--{}", option.name);
  if (!option.argument.empty()) label += fmt::format("={}", option.argument);
  return label;
}

}  // namespace

std::span<const std::string_view> short_help_names() {
  return kShortNames;
}
std::span<const std::string_view> long_help_names() {
  return kLongNames;
}

std::vector<std::string> wrap(std::string_view text, std::size_t width) {
  std::vector<std::string> lines(1);
  while (!text.empty()) {
    const std::size_t end = text.find(' ');
    const std::string_view word = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    std::string& line = lines.back();
    if (line.empty()) {
      line = word;
    } else if (line.size() + 1 + word.size() <= width) {
      line.append(" ").append(word);
    } else {
      lines.emplace_back(word);
    }
  }
  return lines;
}

std::string short_help() {
  return fmt::format("{}Common 'xm' commands:\n\n{}{}All commands are listed by 'xm help'.\n", kHead,
                     entries(kShortNames), kFoot);
}

std::string long_help() {
  return fmt::format("{}xm full list of subcommands:\n\n{}{}", kHead, entries(kLongNames), kFoot);
}

std::string usage(const Command& command) {
  if (command.usage == nullptr) return short_help();
  std::string text = fmt::format("Usage: xm {} {}\n\n{}\n", command.name, command.usage, command.description);
  bool any_option = false;
  for (const OptionSpec& option : command.options) {
    if (option.help.empty()) continue;
    any_option = true;
    const std::vector<std::string> lines = wrap(option.help, 43);
    text += fmt::format("  {:<30} {:<43}\n", option_label(option), lines.front());
    for (std::size_t i = 1; i < lines.size(); ++i) text += fmt::format("{:33}{}\n", "", lines[i]);
  }
  if (any_option) text += "\n";
  return text;
}

std::string usage_of_word(std::string_view word) {
  if (const Command* exact = documented(word)) return usage(*exact);
  const Command* found = nullptr;
  for (const Command& command : all_commands()) {
    if (command.usage == nullptr || !command.name.starts_with(word)) continue;
    if (found != nullptr) return short_help();
    found = &command;
  }
  return found != nullptr ? usage(*found) : short_help();
}

}  // namespace xm
