#include "xend/devices/device_class.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "libxc-wrap/types.h"
#include "xend/devices/console.h"
#include "xend/devices/frame_buffer.h"
#include "xend/devices/pci.h"
#include "xend/devices/vbd.h"
#include "xend/devices/vif.h"
#include "xend/devices/vscsi.h"
#include "xend/error.h"

namespace xend {
namespace {

const VbdClass kVbd;
const VifClass kVif;
const ConsoleClass kConsole;
const FrameBufferClass kFrameBuffer;
const KeyboardClass kKeyboard;
const PciClass kPci;
const VscsiClass kVscsi;

struct Entry {
  std::string_view type;
  const DeviceClass* device_class;
};

// The images of tap and tap2 are served through loop devices, or by QEMU: blktap is gone from Linux.
constexpr std::array kClasses{
    Entry{"vbd", &kVbd},       Entry{"tap", &kVbd},         Entry{"tap2", &kVbd},
    Entry{"vif", &kVif},       Entry{"console", &kConsole}, Entry{"vfb", &kFrameBuffer},
    Entry{"vkbd", &kKeyboard}, Entry{"pci", &kPci},         Entry{"vscsi", &kVscsi},
};

// Classes of the classic list (spec protocols 7.5) that are not in the table above.
constexpr std::array<std::string_view, 2> kNotYet{"ioports", "irq"};

// Classes of old that nothing here or in today's kernels serves: what a host without them has always said, and why.
struct Unserved {
  std::string_view type, text, why;
};
constexpr std::array kUnserved{
    Unserved{"vif2", "Hotplug scripts not working.",
             "No kernel has drivers for network interfaces of the second kind."},
    Unserved{"vusb", "Backend device not found.", "No kernel has a back end for paravirtual USB."},
};

bool has_control_character(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

bool is_pair(const sxp::Value& v) {
  return v.is_list() && v.as_list().size() == 2 && v.as_list()[0].is_string() && !v.as_list()[1].is_list() &&
         !v.as_list()[1].is_absent();
}

}  // namespace

std::string_view DeviceClass::back_class(const Device&) const {
  return store_class();
}

bool DeviceClass::goes_by(const Device&, std::string_view) const {
  return false;
}

sxp::Value DeviceClass::normalise(const sxp::Value& config) const {
  return normalise_element(config);
}

sxp::Value DeviceClass::reconfigure(xc::Store&, const DevicePaths& paths, const Device&, const sxp::Value&,
                                    const ChangeLimits&) const {
  throw Error(fmt::format("{} devices may not be reconfigured", paths.type));
}

std::string ScriptlessClass::label(const Device& device) const {
  return fmt::format("{} ({})", device.id, device.type);
}

void DeviceClass::after_release(xc::Store&, const DevicePaths&, ScriptEnd, const DeviceSettings&) const {}

void DeviceClass::prepare(ScriptRunner&, const DeviceSettings&, const Device&) const {}

void DeviceClass::unprepare(const DeviceSettings&, const Device&) const noexcept {}

const DeviceClass* find_device_class(std::string_view type) {
  const auto* entry = std::find_if(kClasses.begin(), kClasses.end(), [&](const Entry& e) { return e.type == type; });
  return entry == kClasses.end() ? nullptr : entry->device_class;
}

const DeviceClass& device_class(std::string_view type) {
  if (const DeviceClass* known = find_device_class(type)) return *known;
  if (std::find(kNotYet.begin(), kNotYet.end(), type) != kNotYet.end()) {
    throw Error(fmt::format("Device class {} is not available in this release yet.", type));
  }
  const auto unserved =
      std::find_if(kUnserved.begin(), kUnserved.end(), [&](const Unserved& u) { return u.type == type; });
  if (unserved != kUnserved.end())
    throw Error(fmt::format("Device 0 ({}) could not be connected. {}\n{}", type, unserved->text, unserved->why));
  throw Error(fmt::format("XendConfig: {} not a valid device type", type));
}

std::vector<std::string_view> device_types() {
  std::vector<std::string_view> types;
  for (const Entry& entry : kClasses) types.push_back(entry.type);
  return types;
}

sxp::Value normalise_element(const sxp::Value& config) {
  sxp::Value element = sxp::Value::list({sxp::head(config)});
  for (const sxp::Value& sub : sxp::children(config)) {
    if (!is_pair(sub)) continue;
    const std::string& key = sub.as_list()[0].as_string();
    std::string value = sub.as_list()[1].text();
    if (has_control_character(value)) {
      throw Error(fmt::format("Device {}: the value of {} contains a control character.", sxp::head(config), key));
    }
    set_item(element, key, std::move(value));
  }
  return element;
}

void set_item(sxp::Value& element, std::string_view key, sxp::Value value) {
  sxp::List& items = element.as_list();
  const auto found =
      std::find_if(items.begin(), items.end(), [&](const sxp::Value& v) { return sxp::is_element(v, key); });
  sxp::Value sub = sxp::Value::list({key, std::move(value)});
  if (found == items.end()) {
    items.push_back(std::move(sub));
  } else {
    *found = std::move(sub);
  }
}

std::string item(const sxp::Value& element, std::string_view key) {
  return sxp::child_text(element, key).value_or("");
}

void ensure_uuid(sxp::Value& element) {
  if (item(element, "uuid").empty()) set_item(element, "uuid", xc::Uuid::random().to_string());
}

void check_backend(const sxp::Value& element) {
  const std::string backend = item(element, "backend");
  if (backend.empty() || backend == "0" || backend == "Domain-0") return;
  throw Error(fmt::format("Cannot configure device for unknown backend {}: only dom0 serves devices.", backend));
}

unsigned next_id(std::string_view type, const std::vector<Device>& others) {
  unsigned next = 0;
  for (const Device& other : others) {
    if (other.type == type) next = std::max(next, other.id + 1);
  }
  return next;
}

}  // namespace xend
