// usb-add and usb-del for HVM guests, the other usb-* for paravirtual USB, of which no kernel has the back end: xend
// says so, and the lists are those of guests without controllers.
#include <algorithm>

#include <fmt/format.h>

#include "xm/command.h"
#include "xm/device_list.h"
#include "xm/error.h"
#include "xm/report.h"
#include "xm/session.h"
#include "xm/units.h"
#include "xm/usb_devices.h"

namespace xm {
namespace {

constexpr int kInitialising = 1, kClosing = 5;  // states of the handshake

int usb_add(Session& xend, const Call& call) {
  xend.call("xend.domain.usb_add", {call.words[0], call.words[1]});
  return 0;
}

int usb_del(Session& xend, const Call& call) {
  xend.call("xend.domain.usb_del", {call.words[0], call.words[1]});
  return 0;
}

struct Port {
  std::int64_t number;
  std::string bus_id;  // of the device plugged in; "" when there is none
};

struct Controller {
  ListedDevice device;
  std::vector<Port> ports;
};

// (port ((1 "") (2 "1-2")))
std::vector<Controller> controllers(Session& xend, const std::string& domain) {
  std::vector<Controller> result;
  for (const ListedDevice& device : parse_devices(device_sxps(xend, domain, "vusb"))) {
    Controller controller{device, {}};
    for (const sxp::Value& node : device.nodes.is_list() ? device.nodes.as_list() : sxp::List()) {
      if (!sxp::is_element(node, "port") || node.as_list().size() < 2 || !node.as_list()[1].is_list()) continue;
      for (const sxp::Value& port : node.as_list()[1].as_list()) {
        const auto number = parse_int(port.is_list() && !port.as_list().empty() ? port.as_list()[0].text() : "");
        if (number)
          controller.ports.push_back({*number, port.as_list().size() > 1 ? port.as_list()[1].text() : std::string()});
      }
    }
    result.push_back(std::move(controller));
  }
  return result;
}

// The one called by its number; nothing, after saying so, when there is none.
const Controller* find_controller(const std::vector<Controller>& all, const std::string& id,
                                  const std::string& domain) {
  const auto found = std::ranges::find_if(all, [&](const Controller& c) { return std::to_string(c.device.id) == id; });
  if (found != all.end()) return &*found;
  print(fmt::format("Cannot find device '{}' in domain '{}'\n", id, domain));
  return nullptr;
}

rpc::Array port_element(int state, std::int64_t port, const rpc::Value& bus_id) {
  rpc::Array assignment{port};
  assignment.push_back(bus_id);
  return {"vusb", rpc::Array{"port", assignment}, rpc::Array{"state", state}};
}

// Its refusals are on stdout and no failures.
int usb_attach(Session& xend, const Call& call) {
  const std::string &domain = call.words[0], &id = call.words[1], &port = call.words[2], &bus = call.words[3];
  const std::vector<Controller> all = controllers(xend, domain);
  const Controller* controller = find_controller(all, id, domain);
  if (controller == nullptr) return 0;
  const auto number = parse_int(port);
  const auto found =
      std::ranges::find_if(controller->ports, [&](const Port& p) { return number && p.number == *number; });
  const bool taken = std::ranges::any_of(all, [&](const Controller& c) {
    return std::ranges::any_of(c.ports, [&](const Port& p) { return p.bus_id == bus; });
  });
  if (found == controller->ports.end()) {
    print(fmt::format("Invalid Port Number '{}'\n", port));
  } else if (!is_usb_bus_id(bus)) {
    print(fmt::format("Invalid Busid '{}'\n", bus));
  } else if (taken) {
    print(fmt::format("Cannot assign already attached bus '{}', detach first.\n", bus));
  } else if (!found->bus_id.empty()) {
    print(fmt::format("Cannot override already attached port '{}', detach first.\n", port));
  } else {
    xend.call("xend.domain.device_configure", {domain, port_element(kInitialising, *number, bus), id});
  }
  return 0;
}

int usb_detach(Session& xend, const Call& call) {
  xend.call("xend.domain.device_configure",
            {call.words[0], port_element(kClosing, wire_int(call.words[2]), ""), call.words[1]});
  return 0;
}

std::string port_line(const Port& port, const std::vector<UsbDevice>& devices) {
  const auto device = std::ranges::find(devices, port.bus_id, &UsbDevice::bus_id);
  if (device == devices.end()) return fmt::format("port {}: {}\n", port.number, port.bus_id);
  return fmt::format("port {}: {} [ID {:<4}:{:<4} {}]\n", port.number, port.bus_id, device->vendor, device->product,
                     device->name);
}

int usb_list(Session& xend, const Call& call) {
  const std::vector<UsbDevice> devices = usb_devices();
  for (const Controller& controller : controllers(xend, call.words[0])) {
    const ListedDevice& d = controller.device;
    print(fmt::format("{:<3} {:<3} {:<5} {:<7}  {:<30}\n", "Idx", "BE", "state", "usb-ver", "BE-path"));
    print(fmt::format("{:<3} {:<3} {:<5} {:<7} {:<30}  \n", d.id, d.number("backend-id"), d.number("state"),
                      d.number("usb-ver") == 2 ? "USB2.0" : "USB1.1", d.text("backend")));
    for (const Port& port : controller.ports) print(port_line(port, devices));
  }
  return 0;
}

int usb_list_assignable(Session&, const Call&) {
  for (const UsbDevice& device : usb_devices())
    print(fmt::format("{:<13}: ID {:<4}:{:<4} {}\n", device.bus_id, device.vendor, device.product, device.name));
  return 0;
}

int usb_hc_create(Session& xend, const Call& call) {
  const std::int64_t version = wire_int(call.words[1]), ports = wire_int(call.words[2]);
  xend.call("xend.domain.device_create",
            {call.words[0], rpc::Array{"vusb", rpc::Array{"usb-ver", version}, rpc::Array{"num-ports", ports}}});
  return 0;
}

int usb_hc_destroy(Session& xend, const Call& call) {
  xend.call("xend.domain.destroyDevice", {call.words[0], "vusb", call.words[1], false, true});
  return 0;
}

}  // namespace

std::vector<Command> usb_commands() {
  return {
      {.name = "usb-add",
       .usage = "<domain> <[host:bus.addr] [host:vendor_id:product_id]>",
       .description = "Gives an HVM domain a USB device of the host.",
       .words = exactly(2),
       .handler = usb_add},
      {.name = "usb-del",
       .usage = "<domain> <[host:bus.addr] [host:vendor_id:product_id]>",
       .description = "Takes a USB device away from an HVM domain.",
       .words = exactly(2),
       .handler = usb_del},
      {.name = "usb-attach",
       .usage = "<Domain> <DevId> <PortNumber> <BusId>",
       .description = "Plugs a USB device of the host into a port of a domain.",
       .words = exactly(4),
       .handler = usb_attach},
      {.name = "usb-detach",
       .usage = "<Domain> <DevId> <PortNumber>",
       .description = "Unplugs the USB device from a port of a domain.",
       .words = exactly(3),
       .handler = usb_detach},
      {.name = "usb-list",
       .usage = "<Domain>",
       .description = "Lists the USB controllers of a domain and what is plugged in.",
       .words = exactly(1),
       .handler = usb_list},
      {.name = "usb-list-assignable-devices",
       .usage = "",
       .description = "Lists the USB devices that can be given to domains.",
       .words = exactly(0),
       .handler = usb_list_assignable},
      {.name = "usb-hc-create",
       .usage = "<Domain> <USBSpecVer> <NumberOfPorts>",
       .description = "Gives a domain a USB controller.",
       .words = exactly(3),
       .handler = usb_hc_create},
      {.name = "usb-hc-destroy",
       .usage = "<Domain> <DevId>",
       .description = "Takes a USB controller away from a domain.",
       .words = exactly(2),
       .handler = usb_hc_destroy},
  };
}

}  // namespace xm
