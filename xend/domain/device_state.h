// The file that a device model's state is in on its way from or into an image: made by the one, read by the other, and
// gone afterwards (spec domain-lifecycle section 2).
#pragma once

#include <string>

#include "libxc-wrap/types.h"

namespace xend {

class DeviceState {
 public:
  // FOLDER/qemu-DIRECTION.DOMID, direction being "save" or "resume". What an earlier domain of that number left there
  // is removed.
  DeviceState(const std::string& folder, const char* direction, xc::DomId domid);
  ~DeviceState();
  DeviceState(const DeviceState&) = delete;
  DeviceState& operator=(const DeviceState&) = delete;

  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace xend
