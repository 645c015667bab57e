// pci-attach, pci-detach, pci-list, pci-list-assignable-devices.
#include <algorithm>

#include <fmt/format.h>

#include "xm/command.h"
#include "xm/device_list.h"
#include "xm/error.h"
#include "xm/pci_address.h"
#include "xm/report.h"
#include "xm/session.h"

namespace xm {
namespace {

constexpr unsigned kAnySlot = 0x100;  // in vdevfn: the guest's slot is left to the backend

struct GuestDevice {
  unsigned vdevfn;
  PciAddress address;

  bool has_slot() const { return (vdevfn & kAnySlot) == 0; }
  auto operator<=>(const GuestDevice&) const = default;
};

std::vector<GuestDevice> guest_devices(Session& xend, const std::string& domain) {
  std::vector<GuestDevice> devices;
  const rpc::Value answer = xend.call("xend.domain.getDeviceSxprs", {domain, "pci"});
  if (!answer.is_array()) return devices;
  for (const rpc::Value& device : answer.as_array()) {
    if (const auto address = PciAddress::of(device))
      devices.push_back({pci_number(device.member("vdevfn")).value_or(kAnySlot), *address});
  }
  std::sort(devices.begin(), devices.end());
  return devices;
}

bool has(const std::vector<GuestDevice>& devices, const PciAddress& address) {
  return std::any_of(devices.begin(), devices.end(), [&](const GuestDevice& d) { return d.address == address; });
}

PciAddress parse_address(const std::string& text) {
  if (const auto address = PciAddress::parse(text)) return *address;
  throw Error::option_error(fmt::format("Failed to parse pci device: {}", text));
}

rpc::Array pair(const char* key, rpc::Value value) {
  return rpc::Array{key, std::move(value)};
}

// The element that xend takes for a device on its way in ("Initialising") or out ("Closing").
rpc::Array element(const PciAddress& address, unsigned vdevfn, const rpc::Array& options, const char* state) {
  rpc::Array dev{"dev",
                 pair("domain", fmt::format("{:#06x}", address.domain)),
                 pair("bus", fmt::format("{:#04x}", address.bus)),
                 pair("slot", fmt::format("{:#04x}", address.slot)),
                 pair("func", fmt::format("{:#x}", address.function)),
                 pair("vdevfn", fmt::format("{:#x}", vdevfn))};
  if (!options.empty()) dev.push_back(pair("opts", options));
  return rpc::Array{"pci", dev, pair("state", state)};
}

rpc::Array attach_options(const Call& call) {
  rpc::Array options;
  for (const GivenOption& option : call.parsed.options) {
    const std::size_t equals = option.value.find('=');
    const std::string key = option.value.substr(0, equals);
    const std::string value = equals == std::string::npos ? "" : option.value.substr(equals + 1);
    if ((key != "msitranslate" && key != "power_mgmt") || (value != "0" && value != "1"))
      throw Error::use(fmt::format("Invalid pci attach option: {}", option.value));
    options.push_back(pair(key.c_str(), value));
  }
  return options;
}

// The third operand is the slot in which the guest is to see the device.
unsigned asked_vdevfn(const Call& call) {
  if (call.operands().size() < 3) return kAnySlot;
  const rpc::Value slot = call.operands()[2];
  const auto number = pci_number(&slot);
  if (!number || *number > 0x1f)
    throw Error::option_error(fmt::format("Failed to parse pci device: {}@{}", call.operands()[1], call.operands()[2]));
  return *number << 3;
}

int pci_attach(Session& xend, const Call& call) {
  const rpc::Array options = attach_options(call);
  if (call.operands().size() < 2 || call.operands().size() > 3)
    throw Error::use("Invalid argument for 'xm pci-attach'");
  const std::string& domain = call.operands()[0];
  const PciAddress address = parse_address(call.operands()[1]);
  const unsigned vdevfn = asked_vdevfn(call);
  if (has(guest_devices(xend, domain), address))
    throw Error::option_error(fmt::format("pci: device {} has been attached! ", address.text()));
  xend.call("xend.domain.device_configure", {domain, element(address, vdevfn, options, "Initialising")});
  return 0;
}

int pci_detach(Session& xend, const Call& call) {
  const PciAddress address = parse_address(call.words[1]);
  if (!has(guest_devices(xend, call.words[0]), address))
    throw Error::option_error(fmt::format("pci: device {} is not attached!", address.text()));
  xend.call("xend.domain.device_configure", {call.words[0], element(address, kAnySlot, {}, "Closing")});
  return 0;
}

int pci_list(Session& xend, const Call& call) {
  const std::string domain = listed_domain(call);
  if (call.has("long")) {
    print_long(device_sxps(xend, domain, "pci"));
    return 0;
  }
  const auto devices = guest_devices(xend, domain);
  if (devices.empty()) return 0;
  const bool slots = std::any_of(devices.begin(), devices.end(), [](const GuestDevice& d) { return d.has_slot(); });
  print(slots ? "Vdev Device\n" : "Device\n");
  for (const GuestDevice& device : devices) {
    const std::string vdev =
        device.has_slot() ? fmt::format("{:02x}.{:x}", device.vdevfn >> 3 & 0x1f, device.vdevfn & 7) : "-";
    print(slots ? fmt::format("{:<4} {}\n", vdev, device.address.text()) : device.address.text() + "\n");
  }
  return 0;
}

int pci_list_assignable(Session& xend, const Call&) {
  const rpc::Value devices = xend.call("xend.node.pciinfo", {});
  if (!devices.is_array()) {
    print("Error: pciback/pci-stub not loaded?\n");
    return 0;
  }
  for (const rpc::Value& device : devices.as_array()) {
    if (const auto address = PciAddress::of(device)) print(address->text() + "\n");
  }
  return 0;
}

}  // namespace

std::vector<Command> pci_commands() {
  return {
      {.name = "pci-attach",
       .usage = "[-o|--options=<opt>] <Domain> <domain:bus:slot.func> [virtual slot]",
       .description = "Gives a domain a PCI device of the host.",
       .style = OptionStyle::kGnu,
       .options = {{'o', "options", "KEY=VAL", "A setting of the device; may be given several times"}},
       .handler = pci_attach},
      {.name = "pci-detach",
       .usage = "<Domain> <domain:bus:slot.func>",
       .description = "Takes a PCI device away from a domain.",
       .words = exactly(2),
       .handler = pci_detach},
      {.name = "pci-list",
       .usage = "<Domain>",
       .description = "Lists the PCI devices of a domain.",
       .style = OptionStyle::kGnu,
       .options = {{'l', "long", "", ""}},
       .handler = pci_list},
      {.name = "pci-list-assignable-devices",
       .usage = "",
       .description = "Lists the PCI devices that can be given to domains.",
       .words = exactly(0),
       .handler = pci_list_assignable},
  };
}

}  // namespace xm
