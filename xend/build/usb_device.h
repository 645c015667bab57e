// A USB device of an emulated PC: as guest files and `xm usb-add` name it, and as QEMU does. Which port it is at is
// told to QEMU, always: left to itself QEMU makes a hub for the second one, and a machine that takes over the state of
// this one has no such hub and refuses it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace xend {

constexpr unsigned kUsbPorts = 2;             // of piix3-usb-uhci, the controller that -usb brings
constexpr const char* kUsbBus = "usb-bus.0";  // and the name that QEMU gives to its bus

struct UsbDevice {
  std::string name;    // the word of the file or command
  std::string driver;  // QEMU's
  std::vector<std::pair<std::string, std::uint32_t>> properties;
  unsigned port = 0;  // 1 to kUsbPorts; 0: not plugged in

  std::string id() const;           // QEMU's: "usb1" at port 1
  bool of_host() const;             // one of this host, not an emulated one
  bool by_place() const;            // one of this host, by where it is now: another host has something else there
  bool is(const UsbDevice&) const;  // the same one under whatever name, at whatever port
};

// tablet, mouse, keyboard (or kbd), host:BUS.ADDRESS in decimal, host:VENDOR:PRODUCT in hexadecimal; not plugged in
// yet. Nothing for anything else, zeros among it: to QEMU they are any bus, any product.
std::optional<UsbDevice> parse_usb_device(std::string_view name);

}  // namespace xend
