// The two ports of an emulated PC's USB controller, and what is plugged in. The configuration has it in `usbdevice`, so
// that it goes wherever the guest goes: the first word is at port 1, the second at port 2, and nothing before a comma
// is a free port (",mouse").
#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "xend/build/usb_device.h"
#include "xend/domain/domain_config.h"

namespace xend {

// Whether the guest has a controller: usb = 1, or a device named without it.
bool has_usb(const DomainConfig& config);

class UsbPorts {
 public:
  // Words that are no USB device are logged and take no port, as ever. Throws Error when there are more devices than
  // ports.
  explicit UsbPorts(const DomainConfig& config);

  // By port.
  std::vector<UsbDevice> devices() const;

  // Plugs a device into the first free port; returns it with its port. Throws Error when it is plugged in already, and
  // when no port is free.
  UsbDevice plug(UsbDevice device);
  // Pulls out one that is the same as `device`; returns it with its port. Throws Error when there is none.
  UsbDevice pull(const UsbDevice& device);

  // Has `config` say so from now on. A controller without devices stays: the guest's state has it.
  void write_to(DomainConfig& config) const;

 private:
  std::string said() const;

  std::string domain_;
  std::array<std::optional<UsbDevice>, kUsbPorts> ports_;
};

}  // namespace xend
