// scsi-attach, scsi-detach, scsi-list.
#include "xm/command.h"

namespace xm {

std::vector<Command> scsi_commands() {
  return {
      {.name = "scsi-attach",
       .usage = "<Domain> <PhysDevice> <VirtDevice> [BackDomain]",
       .description = "Gives a domain a SCSI device of the host.",
       .words = {3, 4}},
      {.name = "scsi-detach",
       .usage = "<Domain> <VirtDevice>",
       .description = "Takes a SCSI device away from a domain.",
       .words = exactly(2)},
      {.name = "scsi-list",
       .usage = "<Domain> [--long]",
       .description = "Lists the SCSI devices of a domain.",
       .style = OptionStyle::kGnu,
       .options = {{'l', "long", "", "Everything that is known about them"}}},
  };
}

}  // namespace xm
