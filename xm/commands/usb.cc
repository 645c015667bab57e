// usb-add and usb-del for HVM guests, the other usb-* for paravirtual USB.
#include "xm/command.h"

namespace xm {

std::vector<Command> usb_commands() {
  return {
      {.name = "usb-add",
       .usage = "<domain> <[host:bus.addr] [host:vendor_id:product_id]>",
       .description = "Gives an HVM domain a USB device of the host.",
       .words = exactly(2)},
      {.name = "usb-del",
       .usage = "<domain> <[host:bus.addr] [host:vendor_id:product_id]>",
       .description = "Takes a USB device away from an HVM domain.",
       .words = exactly(2)},
      {.name = "usb-attach",
       .usage = "<Domain> <DevId> <PortNumber> <BusId>",
       .description = "Plugs a USB device of the host into a port of a domain.",
       .words = exactly(4)},
      {.name = "usb-detach",
       .usage = "<Domain> <DevId> <PortNumber>",
       .description = "Unplugs the USB device from a port of a domain.",
       .words = exactly(3)},
      {.name = "usb-list",
       .usage = "<Domain>",
       .description = "Lists the USB controllers of a domain and what is plugged in.",
       .words = exactly(1)},
      {.name = "usb-list-assignable-devices",
       .usage = "",
       .description = "Lists the USB devices that can be given to domains.",
       .words = exactly(0)},
      {.name = "usb-hc-create",
       .usage = "<Domain> <USBSpecVer> <NumberOfPorts>",
       .description = "Gives a domain a USB controller.",
       .words = exactly(3)},
      {.name = "usb-hc-destroy",
       .usage = "<Domain> <DevId>",
       .description = "Takes a USB controller away from a domain.",
       .words = exactly(2)},
  };
}

}  // namespace xm
