// Class vscsi: SCSI devices of the host that a guest is given, those of one adapter of the guest's as one xenstore
// device that xen-scsiback serves (spec domain-lifecycle 9.2).
#pragma once

#include "xend/devices/device_class.h"
#include "xend/devices/scsi_element.h"

namespace xend {

class VscsiClass : public ScriptlessClass {
 public:
  std::string_view store_class() const override { return "vscsi"; }
  sxp::Value normalise(const sxp::Value& config) const override;
  void complete(Device& device, const std::vector<Device>& others, const DeviceSettings& settings) const override;
  void prepare(ScriptRunner& programs, const DeviceSettings& settings, const Device& device) const override;
  void unprepare(const DeviceSettings& settings, const Device& device) const noexcept override;
  DeviceKeys keys(const Device& device) const override;
  // Adds the devices that `wanted` has and the adapter lacks, takes away those that it has and `wanted` lacks; see
  // scsi_reconfiguration.h.
  sxp::Value reconfigure(xc::Store& store, const DevicePaths& paths, const Device& device, const sxp::Value& wanted,
                         const ChangeLimits& limits) const override;
  std::optional<HotplugPlan> hotplug(xc::Store& store, const DevicePaths& paths,
                                     const DeviceSettings& settings) const override;
  void after_release(xc::Store& store, const DevicePaths& paths, ScriptEnd script,
                     const DeviceSettings& settings) const override;
  sxp::Value describe(xc::Store& store, const DevicePaths& paths) const override;
};

}  // namespace xend
