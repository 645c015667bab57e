// Class pci: devices of the host that a guest is given, all of them as functions of one xenstore device that pciback
// serves (spec domain-lifecycle 9.2, modern-xen 20). What Xen has to allow is domain/pci_grant.h's.
#pragma once

#include "xend/devices/device_class.h"

namespace xend {

class PciClass : public ScriptlessClass {
 public:
  std::string_view store_class() const override { return "pci"; }
  sxp::Value normalise(const sxp::Value& config) const override;
  void complete(Device& device, const std::vector<Device>& others, const DeviceSettings& settings) const override;
  DeviceKeys keys(const Device& device) const override;
  // Adds what `wanted` has and the device lacks, takes away what it has and `wanted` lacks; see pci_reconfiguration.h.
  sxp::Value reconfigure(xc::Store& store, const DevicePaths& paths, const Device& device, const sxp::Value& wanted,
                         const ChangeLimits& limits) const override;
  std::optional<HotplugPlan> hotplug(xc::Store& store, const DevicePaths& paths,
                                     const DeviceSettings& settings) const override;
  sxp::Value describe(xc::Store& store, const DevicePaths& paths) const override;
};

}  // namespace xend
