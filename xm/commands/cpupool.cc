// cpupool-*: groups of CPUs with a scheduler of their own.
#include "xm/command.h"

namespace xm {

std::vector<Command> cpupool_commands() {
  return {
      {.name = "cpupool-create", .usage = "<ConfigFile> [vars]", .description = "Creates a CPU pool from a file."},
      {.name = "cpupool-new",
       .usage = "<ConfigFile> [vars]",
       .description = "Has xend manage a CPU pool without activating it."},
      {.name = "cpupool-start",
       .usage = "<CPU Pool>",
       .description = "Activates a CPU pool that xend manages.",
       .words = exactly(1)},
      {.name = "cpupool-list",
       .usage = "[<CPU Pool>] [-l|--long] [-c|--cpus]",
       .description = "Lists all CPU pools or shows one.",
       .words = {0, 2},
       .style = OptionStyle::kGnu,
       .options = {{'l', "long", "", "Everything that is known about them"}, {'c', "cpus", "", "Their CPUs"}}},
      {.name = "cpupool-destroy", .usage = "<CPU Pool>", .description = "Deactivates a CPU pool.", .words = exactly(1)},
      {.name = "cpupool-delete",
       .usage = "<CPU Pool>",
       .description = "Has xend forget a CPU pool that it manages.",
       .words = exactly(1)},
      {.name = "cpupool-cpu-add",
       .usage = "<CPU Pool> <CPU nr>",
       .description = "Adds a CPU to a CPU pool.",
       .words = exactly(2)},
      {.name = "cpupool-cpu-remove",
       .usage = "<CPU Pool> <CPU nr>",
       .description = "Takes a CPU out of a CPU pool.",
       .words = exactly(2)},
      {.name = "cpupool-migrate",
       .usage = "<Domain> <CPU Pool>",
       .description = "Moves a domain to a CPU pool.",
       .words = exactly(2)},
  };
}

}  // namespace xm
