#include "xend/devices/pci.h"

#include <algorithm>

#include "xend/devices/pci_element.h"
#include "xend/devices/pci_reconfiguration.h"
#include "xend/error.h"

namespace xend {

// The usual form of a configuration keeps pairs only, and would lose the devices.
sxp::Value PciClass::normalise(const sxp::Value& config) const {
  sxp::Value element =
      pci_element(sxp::child(config, "dev") != nullptr ? parse_pci(config) : std::vector<PciFunction>());
  const sxp::Value rest = normalise_element(config);
  for (const char* key : {"backend", "uuid"})
    if (std::string value = item(rest, key); !value.empty()) set_item(element, key, std::move(value));
  return element;
}

void PciClass::complete(Device& device, const std::vector<Device>& others, const DeviceSettings&) const {
  check_backend(device.config);
  parse_pci(device.config);
  const auto second = [&](const Device& other) { return other.type == device.type; };
  if (std::any_of(others.begin(), others.end(), second))
    throw Error("A domain has one element (pci ..) at most: all its PCI devices are in it, each as (dev ..).");
  ensure_uuid(device.config);
}

DeviceKeys PciClass::keys(const Device& device) const {
  const auto functions = parse_pci(device.config);
  DeviceKeys keys;
  keys.back = {{"num_devs", std::to_string(functions.size())}, {"uuid", item(device.config, "uuid")}};
  for (std::size_t i = 0; i < functions.size(); ++i)
    for (auto& key : pci_function_keys(functions[i], i)) keys.back.push_back(std::move(key));
  return keys;
}

sxp::Value PciClass::reconfigure(xc::Store& store, const DevicePaths& paths, const Device&, const sxp::Value& wanted,
                                 const ChangeLimits& limits) const {
  const bool any = sxp::child(wanted, "dev") != nullptr;
  change_pci_functions(store, paths, any ? parse_pci(wanted) : std::vector<PciFunction>(), limits);
  return wanted;
}

// No script: what is waited for is that pciback takes the backend up, and that it lets go of it.
std::optional<HotplugPlan> PciClass::hotplug(xc::Store&, const DevicePaths&, const DeviceSettings&) const {
  HotplugPlan plan;
  plan.module = "xen-pciback";
  return plan;
}

sxp::Value PciClass::describe(xc::Store& store, const DevicePaths& paths) const {
  sxp::Value element = pci_element(read_pci_functions(store, paths));
  set_item(element, "backend", 0);
  set_item(element, "uuid", read_or_empty(store, paths.back + "/uuid"));
  return element;
}

}  // namespace xend
