// pci-attach, pci-detach, pci-list, pci-list-assignable-devices.
#include "xm/command.h"

namespace xm {

std::vector<Command> pci_commands() {
  return {
      {.name = "pci-attach",
       .usage = "[-o|--options=<opt>] <Domain> <domain:bus:slot.func> [virtual slot]",
       .description = "Gives a domain a PCI device of the host.",
       .style = OptionStyle::kGnu,
       .options = {{'o', "options", "KEY=VAL", "A setting of the device; may be given several times"}}},
      {.name = "pci-detach",
       .usage = "<Domain> <domain:bus:slot.func>",
       .description = "Takes a PCI device away from a domain.",
       .words = exactly(2)},
      {.name = "pci-list",
       .usage = "<Domain>",
       .description = "Lists the PCI devices of a domain.",
       .style = OptionStyle::kGnu,
       .options = {{'l', "long", "", ""}}},
      {.name = "pci-list-assignable-devices",
       .usage = "",
       .description = "Lists the PCI devices that can be given to domains.",
       .words = exactly(0)},
  };
}

}  // namespace xm
