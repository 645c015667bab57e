// Class console: xend's entry for a guest's text console (spec modern-xen 17). xenconsoled serves the console itself
// through other nodes; these are kept for readers of the classic paths, no driver serves them and nobody waits for
// them.
#pragma once

#include "xend/devices/device_class.h"

namespace xend {

class ConsoleClass : public ScriptlessClass {
 public:
  std::string_view store_class() const override { return "console"; }
  void complete(Device& device, const std::vector<Device>& others, const DeviceSettings& settings) const override;
  DeviceKeys keys(const Device& device) const override;
  sxp::Value describe(xc::Store& store, const DevicePaths& paths) const override;
};

}  // namespace xend
