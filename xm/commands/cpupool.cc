// cpupool-*: groups of CPUs with a scheduler of their own.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "sxp/printer.h"
#include "xm/command.h"
#include "xm/commands/pool_words.h"
#include "xm/domains.h"
#include "xm/error.h"
#include "xm/report.h"
#include "xm/session.h"

namespace xm {
namespace {

constexpr const char* kModuleHelp =
    "[options] [vars]\n\n"
    "Makes a CPU pool as a file describes it. VAR=VALUE sets a variable as if it stood in the file; --help_config "
    "lists them.";

int create(Session& xend, const Call& call) {
  if (const auto pool = read_pool(call)) xend.call("xend.cpu_pool.create", {rpc::from_sxp(*pool)});
  return 0;
}

int define(Session& xend, const Call& call) {
  if (const auto pool = read_pool(call)) xend.call("xend.cpu_pool.new", {rpc::from_sxp(*pool)});
  return 0;
}

int start(Session& xend, const Call& call) {
  xend.call("xend.cpu_pool.start", {call.words[0]});
  return 0;
}

int destroy(Session& xend, const Call& call) {
  xend.call("xend.cpu_pool.destroy", {call.words[0]});
  return 0;
}

int forget(Session& xend, const Call& call) {
  xend.call("xend.cpu_pool.delete", {call.words[0]});
  return 0;
}

int cpu_add(Session& xend, const Call& call) {
  xend.call("xend.cpu_pool.cpu_add", {call.words[0], call.words[1]});
  return 0;
}

int cpu_remove(Session& xend, const Call& call) {
  xend.call("xend.cpu_pool.cpu_remove", {call.words[0], call.words[1]});
  return 0;
}

int migrate(Session& xend, const Call& call) {
  xend.call("xend.cpu_pool.migrate", {call.words[0], call.words[1]});
  return 0;
}

// What follows NAME in (NAME A B ...), as text.
std::vector<std::string> items(const sxp::Value& pool, std::string_view name) {
  std::vector<std::string> texts;
  const sxp::Value* element = sxp::child(pool, name);
  for (const sxp::Value& item : element != nullptr ? sxp::children(*element) : sxp::List())
    if (!item.is_absent()) texts.push_back(item.text());
  return texts;
}

bool is_active(const sxp::Value& pool) {
  const sxp::Value* active = sxp::child_value(pool, "activated");
  return active != nullptr && active->text() != "False" && active->text() != "0";
}

void print_cpus(const sxp::List& pools) {
  print(fmt::format("{:<16} {}\n", "Name", "CPU list"));
  for (const sxp::Value& pool : pools) {
    const std::vector<std::string> cpus = items(pool, "host_CPU_numbers");
    print(fmt::format("{:<16} {}\n", sxp::child_text(pool, "name_label").value_or(""),
                      cpus.empty() ? "-" : fmt::format("{}", fmt::join(cpus, ","))));
  }
}

void print_table(const sxp::List& pools) {
  print("Name               CPUs   Sched     Active   Domain count\n");
  for (const sxp::Value& pool : pools) {
    print(fmt::format("{:<16}   {:>3}  {:>8}       {}          {}\n", sxp::child_text(pool, "name_label").value_or(""),
                      sxp::child_text(pool, "ncpu").value_or(""), sxp::child_text(pool, "sched_policy").value_or(""),
                      is_active(pool) ? 'y' : 'n', items(pool, "started_VM_names").size()));
  }
}

// An unknown pool is told on stderr, and is no failure (spec xm-cli 1.5).
int list(Session& xend, const Call& call) {
  if (call.operands().size() > 1) throw Error::use("Only one cpupool name for selection allowed");
  rpc::Array names(call.operands().begin(), call.operands().end());
  const sxp::Value answer = rpc::to_sxp(xend.call("xend.cpu_pool.list", rpc::Array{rpc::Value(std::move(names))}));
  const sxp::List pools = answer.is_list() ? answer.as_list() : sxp::List();
  if (pools.empty() && !call.operands().empty()) {
    print_error(fmt::format("Pool '{}' does not exist.", call.operands()[0]));
    return 0;
  }
  if (call.has("long")) {
    for (const sxp::Value& pool : pools) print(sxp::pretty(pool));
  } else if (call.has("cpus")) {
    print_cpus(pools);
  } else {
    print_table(pools);
  }
  return 0;
}

}  // namespace

std::vector<Command> cpupool_commands() {
  return {
      {.name = "cpupool-create",
       .usage = "<ConfigFile> [vars]",
       .description = "Creates a CPU pool from a file.",
       .style = OptionStyle::kOpts,
       .options = pool_options(),
       .module_help = kModuleHelp,
       .handler = create},
      {.name = "cpupool-new",
       .usage = "<ConfigFile> [vars]",
       .description = "Has xend manage a CPU pool without activating it.",
       .style = OptionStyle::kOpts,
       .options = pool_options(),
       .module_help = kModuleHelp,
       .handler = define},
      {.name = "cpupool-start",
       .usage = "<CPU Pool>",
       .description = "Activates a CPU pool that xend manages.",
       .words = exactly(1),
       .handler = start},
      {.name = "cpupool-list",
       .usage = "[<CPU Pool>] [-l|--long] [-c|--cpus]",
       .description = "Lists all CPU pools or shows one.",
       .words = {0, 2},
       .style = OptionStyle::kGnu,
       .options = {{'l', "long", "", "Everything that is known about them"}, {'c', "cpus", "", "Their CPUs"}},
       .handler = list},
      {.name = "cpupool-destroy",
       .usage = "<CPU Pool>",
       .description = "Deactivates a CPU pool.",
       .words = exactly(1),
       .handler = destroy},
      {.name = "cpupool-delete",
       .usage = "<CPU Pool>",
       .description = "Has xend forget a CPU pool that it manages.",
       .words = exactly(1),
       .handler = forget},
      {.name = "cpupool-cpu-add",
       .usage = "<CPU Pool> <CPU nr>",
       .description = "Adds a CPU to a CPU pool.",
       .words = exactly(2),
       .handler = cpu_add},
      {.name = "cpupool-cpu-remove",
       .usage = "<CPU Pool> <CPU nr>",
       .description = "Takes a CPU out of a CPU pool.",
       .words = exactly(2),
       .handler = cpu_remove},
      {.name = "cpupool-migrate",
       .usage = "<Domain> <CPU Pool>",
       .description = "Moves a domain to a CPU pool.",
       .words = exactly(2),
       .handler = migrate},
  };
}

}  // namespace xm
