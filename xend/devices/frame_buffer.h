// The PV frame buffer and its keyboard and mouse: vfb and vkbd, served by the guest's device model. Scripts have
// nothing to do with them and nobody waits for them (spec domain-lifecycle 9.2, 9.3, protocols 7.5).
#pragma once

#include "xend/devices/device_class.h"

namespace xend {

class FrameBufferClass final : public ScriptlessClass {
 public:
  std::string_view store_class() const override { return "vfb"; }
  void complete(Device& device, const std::vector<Device>& others, const DeviceSettings& settings) const override;
  DeviceKeys keys(const Device& device) const override;
  sxp::Value describe(xc::Store& store, const DevicePaths& paths) const override;
};

class KeyboardClass final : public ScriptlessClass {
 public:
  std::string_view store_class() const override { return "vkbd"; }
  void complete(Device& device, const std::vector<Device>& others, const DeviceSettings& settings) const override;
  DeviceKeys keys(const Device& device) const override;
  sxp::Value describe(xc::Store& store, const DevicePaths& paths) const override;
};

}  // namespace xend
