// pci-attach, pci-detach, pci-list, pci-list-assignable-devices.
#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "xm/command.h"
#include "xm/device_list.h"
#include "xm/error.h"
#include "xm/guest_config/host.h"
#include "xm/guest_config/pci.h"
#include "xm/pci_address.h"
#include "xm/report.h"
#include "xm/session.h"

namespace xm {
namespace {

constexpr unsigned kAnySlot = 0x100;  // in vdevfn: the guest's slot is left to the backend

struct GuestDevice {
  unsigned vdevfn;
  PciAddress address;
  std::string key;  // how it was asked for: functions with the same were given as one device; may be empty

  bool has_slot() const { return (vdevfn & kAnySlot) == 0; }
  // In the guest; kAnySlot for those that were left to the backend.
  unsigned slot() const { return has_slot() ? vdevfn >> 3 & 0x1f : kAnySlot; }
  auto operator<=>(const GuestDevice&) const = default;
};

std::vector<GuestDevice> guest_devices(Session& xend, const std::string& domain) {
  std::vector<GuestDevice> devices;
  const rpc::Value answer = xend.call("xend.domain.getDeviceSxprs", {domain, "pci"});
  if (!answer.is_array()) return devices;
  for (const rpc::Value& device : answer.as_array()) {
    const auto address = PciAddress::of(device);
    if (!address) continue;
    const rpc::Value* key = device.member("key");
    devices.push_back({pci_number(device.member("vdevfn")).value_or(kAnySlot), *address,
                       key != nullptr && key->is_string() ? key->as_string() : ""});
  }
  std::sort(devices.begin(), devices.end());
  return devices;
}

// Null when it is not among them.
const GuestDevice* find(const std::vector<GuestDevice>& devices, const PciAddress& address) {
  const auto found = std::ranges::find(devices, address, &GuestDevice::address);
  return found == devices.end() ? nullptr : &*found;
}

// All functions that `text` names, [DDDD:]BB:SS.F[@SLOT] with lists, ranges and * for F as in guest files, the first
// one of the guest's slot last.
std::vector<GuestDevice> parse_functions(const std::string& text) {
  const Error malformed = Error::option_error(fmt::format("Failed to parse pci device: {}", text));
  const auto number = [](const std::string& hex) {
    const rpc::Value value = hex;
    return pci_number(&value).value_or(~0U);
  };
  const bool slot_asked = text.find('@') != std::string::npos;
  std::vector<guest_config::PciDevice> devices;
  try {
    devices = guest_config::parse_pci({text}, guest_config::this_host());
  } catch (const Error& e) {
    throw malformed.with_advice(e.what());
  }
  std::vector<GuestDevice> functions;
  for (const auto& device : devices) {
    const PciAddress address{number(device.domain), number(device.bus), number(device.slot), number(device.function)};
    const unsigned vdevfn = number(device.vdevfn);
    if (address.slot > 0x1f || slot_asked != (vdevfn < kAnySlot)) throw malformed;
    functions.push_back({vdevfn, address, text});
  }
  if (functions.empty()) throw Error::option_error(fmt::format("pci: this host has no device {}", text));
  return functions;
}

rpc::Array pair(const char* key, rpc::Value value) {
  return rpc::Array{key, std::move(value)};
}

// The element that xend takes for a device on its way in ("Initialising") or out ("Closing").
rpc::Array element(const GuestDevice& device, const rpc::Array& options, const char* state) {
  const PciAddress& address = device.address;
  rpc::Array dev{"dev",
                 pair("domain", fmt::format("{:#06x}", address.domain)),
                 pair("bus", fmt::format("{:#04x}", address.bus)),
                 pair("slot", fmt::format("{:#04x}", address.slot)),
                 pair("func", fmt::format("{:#x}", address.function)),
                 pair("vdevfn", fmt::format("{:#x}", device.vdevfn))};
  if (!device.key.empty()) dev.push_back(pair("key", device.key));
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

int pci_attach(Session& xend, const Call& call) {
  const rpc::Array options = attach_options(call);
  const auto& operands = call.operands();
  if (operands.size() < 2 || operands.size() > 3) throw Error::use("Invalid argument for 'xm pci-attach'");
  // The third one is the slot in which the guest is to see the device.
  const auto functions = parse_functions(operands.size() == 3 ? operands[1] + "@" + operands[2] : operands[1]);
  const auto attached = guest_devices(xend, operands[0]);
  for (const GuestDevice& function : functions)
    if (find(attached, function.address) != nullptr)
      throw Error::option_error(fmt::format("pci: device {} has been attached! ", function.address.text()));
  for (GuestDevice function : functions) {
    if (functions.size() == 1) function.key.clear();  // it is alone
    xend.call("xend.domain.device_configure", {operands[0], element(function, options, "Initialising")});
  }
  return 0;
}

// Functions that were given as one device, or are in one slot of the guest, go together.
void check_whole(const std::vector<GuestDevice>& leaving, const std::vector<GuestDevice>& attached) {
  std::set<unsigned> slots;
  std::string lines;
  for (const GuestDevice& device : leaving) {
    slots.insert(device.slot());
    lines += fmt::format("\t{} is in slot {:#04x}\n", device.address.text(), device.slot());
  }
  if (slots.size() > 1) throw Error::option_error("More than one slot used by specified devices\n" + lines);
  std::string requested, present;
  std::size_t count = 0;
  for (const GuestDevice& device : leaving) requested += fmt::format("\t{}\n", device.address.text());
  for (const GuestDevice& device : attached) {
    const bool together = device.slot() == leaving[0].slot() && device.key == leaving[0].key &&
                          (leaving[0].has_slot() || !device.key.empty());
    if (!together) continue;
    ++count;
    present += fmt::format("\t{} ({})\n", device.address.text(), device.key);
  }
  if (count > leaving.size())
    throw Error::option_error(
        fmt::format("Not all functions in slot {:#04x} have had detachment requested.\nRequested:\n{}Present:\n{}",
                    leaving[0].slot(), requested, present));
}

int pci_detach(Session& xend, const Call& call) {
  const std::string& domain = call.words[0];
  const auto attached = guest_devices(xend, domain);
  std::vector<GuestDevice> leaving;
  for (const GuestDevice& function : parse_functions(call.words[1])) {
    const GuestDevice* device = find(attached, function.address);
    if (device == nullptr)
      throw Error::option_error(fmt::format("pci: device {} is not attached!", function.address.text()));
    leaving.push_back(*device);
  }
  check_whole(leaving, attached);
  for (const GuestDevice& device : leaving) {
    const GuestDevice asked{kAnySlot, device.address, ""};
    xend.call("xend.domain.device_configure", {domain, element(asked, {}, "Closing")});
  }
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
    const std::string vdev = device.has_slot() ? fmt::format("{:02x}.{:x}", device.slot(), device.vdevfn & 7) : "-";
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
