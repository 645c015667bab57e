// Classes vbd, tap and tap2: disks. All of them are served by blkback, images through a loop device that Xen's block
// script sets up (spec domain-lifecycle 9.2 and 10, modern-xen 16).
#pragma once

#include "xend/devices/device_class.h"

namespace xend {

class VbdClass : public DeviceClass {
 public:
  std::string_view back_class(const Device& device) const override;
  std::string_view store_class() const override { return "vbd"; }
  void complete(Device& device, const std::vector<Device>& others, const DeviceSettings& settings) const override;
  void check_host(xc::Store& store, const DeviceOwner& owner, const Device& device) const override;
  DeviceKeys keys(const Device& device) const override;
  std::string label(const Device& device) const override;
  bool goes_by(const Device& device, std::string_view name) const override;
  sxp::Value reconfigure(xc::Store& store, const DevicePaths& paths, const Device& device, const sxp::Value& wanted,
                         const ChangeLimits& limits) const override;
  std::optional<HotplugPlan> hotplug(xc::Store& store, const DevicePaths& paths,
                                     const DeviceSettings& settings) const override;
  void after_release(xc::Store& store, const DevicePaths& paths, ScriptEnd script,
                     const DeviceSettings& settings) const override;
  sxp::Value describe(xc::Store& store, const DevicePaths& paths) const override;
};

// Whether it is a disk of any of the types that a configuration may have: vbd, tap, tap2.
bool is_disk(const Device& device);

}  // namespace xend
