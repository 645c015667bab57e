// Class vif: network interfaces, served by netback and plugged into a bridge, a route or whatever their script does
// (spec domain-lifecycle 9.2 and 10, xend-config 4.4).
#pragma once

#include <string>
#include <string_view>

#include "xend/devices/device_class.h"

namespace xend {

class VifClass : public DeviceClass {
 public:
  std::string_view store_class() const override { return "vif"; }
  void complete(Device& device, const std::vector<Device>& others, const DeviceSettings& settings) const override;
  void check_host(xc::Store&, const DeviceOwner&, const Device&) const override {}
  DeviceKeys keys(const Device& device) const override;
  std::string label(const Device& device) const override;
  bool goes_by(const Device& device, std::string_view name) const override;
  std::optional<HotplugPlan> hotplug(xc::Store& store, const DevicePaths& paths,
                                     const DeviceSettings& settings) const override;
  void after_release(xc::Store& store, const DevicePaths& paths, ScriptEnd script,
                     const DeviceSettings& settings) const override;
  sxp::Value describe(xc::Store& store, const DevicePaths& paths) const override;
};

// Six pairs of hex digits with colons.
// Whether the device model emulates a card beside this device.
bool is_emulated_card(const Device& device);

// What runs the script for the interface of the emulated card beside a vif (spec domain-lifecycle section 10).
HotplugPlan tap_plan(xc::Store& store, const DevicePaths& paths, const DeviceSettings& settings);

bool is_mac(std::string_view text);

// A random address of XenSource's range, 00:16:3e:00:00:00 to 00:16:3e:7f:ff:ff.
std::string random_mac();

}  // namespace xend
