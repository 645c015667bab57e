// network-*, network2-*, vnet-*.
#include "xm/command.h"

namespace xm {

std::vector<Command> network_commands() {
  const std::vector<OptionSpec> list_options = {{'l', "long", "", "Everything that is known about them"}};
  return {
      {.name = "network-attach",
       .usage = "<Domain> [type=<type>] [mac=<mac>] [bridge=<bridge>] [ip=<ip>] [script=<script>] "
                "[backend=<BackDomain>] [vifname=<name>] [rate=<rate>] [model=<model>][accel=<accel>]",
       .description = "Gives a domain another network interface.",
       .words = {1, 11}},
      {.name = "network-detach",
       .usage = "<Domain> <DevId|mac> [-f|--force]",
       .description = "Takes a network interface away from a domain.",
       .words = {2, 3}},
      {.name = "network-list",
       .usage = "<Domain> [--long]",
       .description = "Lists the network interfaces of a domain.",
       .style = OptionStyle::kGnu,
       .options = list_options},
      {.name = "network-new", .words = exactly(1)},
      {.name = "network-del", .words = exactly(1)},
      {.name = "network-show", .words = exactly(0)},
      {.name = "network2-attach",
       .usage = "<Domain> [front_mac=<mac>] [back_mac=<mac>] [backend=<BackDomain>] [trusted=<0|1>] "
                "[back_trusted=<0|1>] [bridge=<bridge>] [filter_mac=<0|1>] [front_filter_mac=<0|1>] [pdev=<PDEV>] "
                "[max_bypasses=n]",
       .description = "Gives a domain a network interface of the second kind.",
       .words = {1, 11}},
      {.name = "network2-detach",
       .usage = "<Domain> <DevId> [-f|--force]",
       .description = "Takes a network interface of the second kind away.",
       .words = {2, 3}},
      {.name = "network2-list",
       .usage = "<Domain> [--long]",
       .description = "Lists the network interfaces of the second kind.",
       .style = OptionStyle::kGnu,
       .options = list_options},
      {.name = "vnet-list",
       .usage = "[-l|--long]",
       .description = "Lists virtual networks.",
       .style = OptionStyle::kGnu,
       .options = {{'l', "long", "", "Everything that is known about them"}}},
      {.name = "vnet-create",
       .usage = "<ConfigFile>",
       .description = "Creates a virtual network from a file.",
       .words = exactly(1)},
      {.name = "vnet-delete", .usage = "<VnetId>", .description = "Deletes a virtual network.", .words = exactly(1)},
  };
}

}  // namespace xm
