// block-attach, block-detach, block-list, block-configure.
#include "xm/command.h"

namespace xm {

std::vector<Command> block_commands() {
  return {
      {.name = "block-attach",
       .usage = "<Domain> <BackDev> <FrontDev> <Mode> [BackDomain]",
       .description = "Gives a domain another disk.",
       .words = {4, 5}},
      {.name = "block-detach",
       .usage = "<Domain> <DevId> [-f|--force]",
       .description = "Takes a disk away from a domain.",
       .words = {2, 3}},
      {.name = "block-list",
       .usage = "<Domain> [--long]",
       .description = "Lists the disks of a domain.",
       .style = OptionStyle::kGnu,
       .options = {{'l', "long", "", "Everything that is known about them"}}},
      {.name = "block-configure",
       .usage = "<Domain> <BackDev> <FrontDev> <Mode> [BackDomain]",
       .description = "Changes the medium in a domain's CD-ROM drive.",
       .words = {4, 5}},
  };
}

}  // namespace xm
