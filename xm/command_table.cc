#include "xm/command_table.h"

#include <array>

namespace xm {

#define FAMILY(name) std::vector<Command> name();
#include "xm/commands/families.inc"
#undef FAMILY

namespace {

std::vector<Command> collect() {
  std::vector<Command> all;
#define FAMILY(name) \
  for (Command & command : name()) all.push_back(std::move(command));
#include "xm/commands/families.inc"
#undef FAMILY
  return all;
}

constexpr std::array<Alias, 15> kAliases = {{
    {"balloon", "mem-set"},
    {"set-vcpus", "vcpu-set"},
    {"vif-list", "network-list"},
    {"vbd-create", "block-attach"},
    {"vbd-destroy", "block-detach"},
    {"vbd-list", "block-list"},
    {"pool-create", "cpupool-create"},
    {"pool-new", "cpupool-new"},
    {"pool-start", "cpupool-start"},
    {"pool-list", "cpupool-list"},
    {"pool-destroy", "cpupool-destroy"},
    {"pool-delete", "cpupool-delete"},
    {"pool-cpu-add", "cpupool-cpu-add"},
    {"pool-cpu-remove", "cpupool-cpu-remove"},
    {"pool-migrate", "cpupool-migrate"},
}};

}  // namespace

std::span<const Command> all_commands() {
  static const std::vector<Command> commands = collect();
  return commands;
}

std::span<const Alias> all_aliases() {
  return kAliases;
}

const Command& help_command() {
  static const Command help{.name = "help", .usage = "", .description = "Lists all commands."};
  return help;
}

const Command* find_command(std::string_view name) {
  for (const Command& command : all_commands()) {
    if (command.name == name) return &command;
  }
  return nullptr;
}

const Command* find_command_by_prefix(std::string_view prefix) {
  if (prefix.size() < 2) return nullptr;
  const Command* found = nullptr;
  for (const Command& command : all_commands()) {
    if (!command.name.starts_with(prefix)) continue;
    if (found != nullptr) return nullptr;
    found = &command;
  }
  return found;
}

const Command* find_alias(std::string_view name) {
  for (const Alias& alias : kAliases) {
    if (alias.name == name) return find_command(alias.command);
  }
  return nullptr;
}

}  // namespace xm
