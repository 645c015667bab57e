// The USB devices of this host, as Linux shows them in sysfs (spec xm-cli 2.7).
#pragma once

#include <string>
#include <vector>

namespace xm {

struct UsbDevice {
  std::string bus_id;           // "1-2.4": bus, port, port of the hub there
  std::string vendor, product;  // ids, four hex digits
  std::string name;             // maker and name as the device tells them; "" when it tells none
};

// All devices that are no hubs, by their bus ids.
std::vector<UsbDevice> usb_devices(const std::string& folder = "/sys/bus/usb/devices");

// True for BUS-PORT with up to five .PORT, one or two digits each; a comma serves for the dash.
bool is_usb_bus_id(const std::string& text);

}  // namespace xm
