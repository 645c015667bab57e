#include "xend/devices/console.h"

#include <fmt/format.h>

#include <array>

namespace xend {
namespace {

constexpr std::array<std::string_view, 3> kKeys{"location", "uuid", "protocol"};

}  // namespace

void ConsoleClass::complete(Device& device, const std::vector<Device>& others, const DeviceSettings&) const {
  check_backend(device.config);
  if (item(device.config, "protocol").empty()) set_item(device.config, "protocol", "vt100");
  ensure_uuid(device.config);
  device.id = next_id(device.type, others);
}

DeviceKeys ConsoleClass::keys(const Device& device) const {
  DeviceKeys keys;
  keys.counted = true;
  for (std::string_view key : kKeys) {
    if (std::string value = item(device.config, key); !value.empty()) keys.back.emplace_back(key, std::move(value));
  }
  return keys;
}

sxp::Value ConsoleClass::describe(xc::Store& store, const DevicePaths& paths) const {
  sxp::Value element = sxp::Value::list({paths.type});
  for (std::string_view key : kKeys) {
    if (auto value = store.read(fmt::format("{}/{}", paths.back, key))) set_item(element, key, std::move(*value));
  }
  return element;
}

}  // namespace xend
