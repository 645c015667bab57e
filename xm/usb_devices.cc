#include "xm/usb_devices.h"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>

#include "xm/units.h"

namespace xm {
namespace {

constexpr const char* kHubClass = "09";

// One or two digits taken off the front of `text`.
bool take_number(std::string_view& text) {
  const auto is_digit = [&](std::size_t i) {
    return i < text.size() && std::isdigit(static_cast<unsigned char>(text[i])) != 0;
  };
  if (!is_digit(0)) return false;
  text.remove_prefix(is_digit(1) ? 2 : 1);
  return true;
}

std::string attribute(const std::filesystem::path& device, const char* name) {
  std::string line;
  std::ifstream in(device / name);
  std::getline(in, line);
  return std::string(strip(line));
}

}  // namespace

bool is_usb_bus_id(const std::string& text) {
  std::string_view rest = text;
  if (!take_number(rest) || rest.empty() || (rest[0] != '-' && rest[0] != ',')) return false;
  rest.remove_prefix(1);
  if (!take_number(rest)) return false;
  for (int hubs = 0; hubs < 5 && rest.starts_with('.'); ++hubs) {
    rest.remove_prefix(1);
    if (!take_number(rest)) return false;
  }
  return rest.empty();
}

std::vector<UsbDevice> usb_devices(const std::string& folder) {
  std::vector<UsbDevice> devices;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    const std::string bus_id = entry.path().filename().string();
    if (!is_usb_bus_id(bus_id) || attribute(entry.path(), "bDeviceClass") == kHubClass) continue;
    const std::string maker = attribute(entry.path(), "manufacturer"), product = attribute(entry.path(), "product");
    devices.push_back({bus_id, attribute(entry.path(), "idVendor"), attribute(entry.path(), "idProduct"),
                       maker.empty() || product.empty() ? maker + product : maker + " " + product});
  }
  std::ranges::sort(devices, {}, &UsbDevice::bus_id);
  return devices;
}

}  // namespace xm
