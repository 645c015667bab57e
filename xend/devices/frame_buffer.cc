#include "xend/devices/frame_buffer.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "xend/error.h"

namespace xend {
namespace {

constexpr std::array<std::string_view, 14> kKeys{"type",   "vncdisplay", "vnclisten", "vncunused", "display",
                                                 "keymap", "xauthority", "vnc",       "sdl",       "uuid",
                                                 "serial", "monitor",    "opengl",    "videoram"};

void check_alone(const Device& device, const std::vector<Device>& others) {
  const bool second = std::any_of(others.begin(), others.end(), [&](const Device& d) { return d.type == device.type; });
  if (second) throw Error(fmt::format("A domain has one {} at most.", device.type));
}

}  // namespace

void FrameBufferClass::complete(Device& device, const std::vector<Device>& others, const DeviceSettings&) const {
  check_backend(device.config);
  check_alone(device, others);
  // The older form says (type vnc).
  if (const std::string type = item(device.config, "type"); type == "vnc" || type == "sdl")
    if (item(device.config, type).empty()) set_item(device.config, type, "1");
  ensure_uuid(device.config);
}

// Its password is not among them: the guest can read the backend's nodes.
DeviceKeys FrameBufferClass::keys(const Device& device) const {
  DeviceKeys keys;
  for (std::string_view key : kKeys) {
    if (std::string value = item(device.config, key); !value.empty()) keys.back.emplace_back(key, std::move(value));
  }
  return keys;
}

sxp::Value FrameBufferClass::describe(xc::Store& store, const DevicePaths& paths) const {
  sxp::Value element = sxp::Value::list({paths.type});
  for (std::string_view key : kKeys) {
    if (auto value = store.read(fmt::format("{}/{}", paths.back, key))) set_item(element, key, std::move(*value));
  }
  const std::string console = fmt::format("/local/domain/{}/console", paths.domid);
  const std::string port = read_word(store, console + "/vnc-port");
  if (!port.empty()) set_item(element, "location", read_word(store, console + "/vnc-listen") + ":" + port);
  return element;
}

void KeyboardClass::complete(Device& device, const std::vector<Device>& others, const DeviceSettings&) const {
  check_backend(device.config);
  check_alone(device, others);
}

DeviceKeys KeyboardClass::keys(const Device&) const {
  return {};
}

sxp::Value KeyboardClass::describe(xc::Store&, const DevicePaths& paths) const {
  sxp::Value element = sxp::Value::list({paths.type});
  set_item(element, "backend", 0);
  return element;
}

}  // namespace xend
