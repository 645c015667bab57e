// mem-set and mem-max.
#include "xm/command.h"
#include "xm/session.h"
#include "xm/units.h"

namespace xm {
namespace {

int mem_set(Session& xend, const Call& call) {
  xend.call("xend.domain.setMemoryTarget", {call.words[0], parse_mib(call.words[1])});
  return 0;
}

int mem_max(Session& xend, const Call& call) {
  xend.call("xend.domain.maxmem_set", {call.words[0], parse_mib(call.words[1])});
  return 0;
}

}  // namespace

std::vector<Command> memory_commands() {
  return {
      {.name = "mem-set",
       .usage = "<Domain> <Mem>",
       .description = "Sets how much memory a domain is to have now, in MiB.",
       .words = exactly(2),
       .handler = mem_set},
      {.name = "mem-max",
       .usage = "<Domain> <Mem>",
       .description = "Sets how much memory a domain may ever have, in MiB.",
       .words = exactly(2),
       .handler = mem_max},
  };
}

}  // namespace xm
