// A USB device as guest files and `xm usb-add` name it, and as QEMU does.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace xend {

struct UsbDevice {
  std::string driver;  // QEMU's
  std::string id;      // by which it is taken away again
  std::vector<std::pair<std::string, std::uint32_t>> properties;
};

// tablet, mouse, keyboard (or kbd), host:BUS.ADDRESS in decimal, host:VENDOR:PRODUCT in hexadecimal. Nothing for
// anything else.
std::optional<UsbDevice> parse_usb_device(std::string_view name);

}  // namespace xend
