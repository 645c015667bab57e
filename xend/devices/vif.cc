#include "xend/devices/vif.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <filesystem>
#include <random>

#include "xend/devices/vif_rate.h"
#include "xend/error.h"
#include "xend/log.h"

namespace xend {
namespace {

// Copied from the element to the backend when set, and back (spec protocols 7.5).
constexpr std::array<std::string_view, 8> kOptionalKeys{"ip",   "bridge", "type",  "vifname",
                                                        "uuid", "model",  "accel", "security_label"};

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text;
}

// Linux's rule for names of interfaces: the script could only fail, and later.
void check_interface_name(const sxp::Value& config, std::string_view key) {
  constexpr std::size_t kLongest = 15;
  const std::string name = item(config, key);
  const bool bad = name.size() > kLongest || name == "." || name == ".." ||
                   name.find_first_of(" /:") != std::string::npos || name.starts_with('-');
  if (!bad) return;
  throw Error(
      fmt::format("{} of a vif cannot be \"{}\": names of network interfaces have at most {} characters, and no "
                  "blank, slash or colon.",
                  key, name, kLongest));
}

void complete_mac(Device& device, const std::vector<Device>& others) {
  const std::string mac = item(device.config, "mac");
  const auto taken = [&](const std::string& candidate) {
    return std::any_of(others.begin(), others.end(), [&](const Device& other) {
      return other.type == device.type && lower(item(other.config, "mac")) == lower(candidate);
    });
  };
  if (mac.empty()) {
    std::string made = random_mac();
    while (taken(made)) made = random_mac();
    set_item(device.config, "mac", std::move(made));
    return;
  }
  if (!is_mac(mac)) {
    throw Error(fmt::format(
        "Cannot create a new virtual network interface - MAC address is not valid! ({}: expected six pairs of "
        "hex digits, as in 00:16:3e:12:34:56)",
        mac));
  }
  if (taken(mac)) throw Error(fmt::format("The mac \"{}\" is already defined", mac));
}

// An absolute path; one without a slash in front is below the scripts' directory. Blanks belong to the path.
std::string absolute_script(const std::string& script, const DeviceSettings& settings) {
  const std::string& chosen = script.empty() ? settings.vif_script : script;
  return chosen.starts_with('/') ? chosen : fmt::format("{}/{}", settings.scripts_dir, chosen);
}

// The id that a vif had where an image comes from (key `devid`): the guest's driver knows it by that.
std::optional<unsigned> given_id(const sxp::Value& config, std::string_view type, const std::vector<Device>& others) {
  constexpr unsigned kHighest = 9999;
  const auto id = parse_id(item(config, "devid"));
  const bool taken = std::any_of(others.begin(), others.end(),
                                 [&](const Device& other) { return other.type == type && other.id == id; });
  return taken || !id || *id > kHighest ? std::nullopt : id;
}

}  // namespace

void VifClass::complete(Device& device, const std::vector<Device>& others, const DeviceSettings& settings) const {
  check_backend(device.config);
  check_interface_name(device.config, "bridge");
  check_interface_name(device.config, "vifname");
  complete_mac(device, others);
  set_item(device.config, "script", absolute_script(item(device.config, "script"), settings));
  ensure_uuid(device.config);
  device.id = given_id(device.config, device.type, others).value_or(next_id(device.type, others));
  if (const std::string rate = item(device.config, "rate"); !rate.empty() && parse_rate(rate) == kUnlimitedRate) {
    XEND_LOG(Warning, "vif {}: rate \"{}\" is not of the form 10Mb/s@50ms: not limited.", device.id, rate);
  }
}

DeviceKeys VifClass::keys(const Device& device) const {
  DeviceKeys keys;
  keys.counted = true;
  const std::string handle = std::to_string(device.id);
  const std::string mac = item(device.config, "mac");
  // Beside an emulated card, too, where the original left the address out: today's drivers unplug the card when they
  // take over, and do not start without an address.
  keys.front = {{"handle", handle}, {"mac", mac}};
  keys.back = {{"script", item(device.config, "script")}, {"mac", mac}, {"handle", handle}};
  for (std::string_view key : kOptionalKeys) {
    if (std::string value = item(device.config, key); !value.empty()) keys.back.emplace_back(key, std::move(value));
  }
  if (const std::string rate = item(device.config, "rate"); !rate.empty())
    keys.back.emplace_back("rate", parse_rate(rate));
  return keys;
}

std::string VifClass::label(const Device& device) const {
  return fmt::format("{} ({})", device.id, device.type);
}

bool VifClass::goes_by(const Device& device, std::string_view name) const {
  return is_mac(name) && lower(item(device.config, "mac")) == lower(std::string(name));
}

std::optional<HotplugPlan> VifClass::hotplug(xc::Store& store, const DevicePaths& paths,
                                             const DeviceSettings& settings) const {
  const std::string interface = fmt::format("vif{}.{}", paths.domid, paths.id);
  HotplugPlan plan;
  plan.module = "xen-netback";
  plan.script = absolute_script(read_or_empty(store, paths.back + "/script"), settings);
  plan.connect = {"online", "type_if=vif"};
  plan.release = {"offline", "type_if=vif"};
  plan.environment = {{"vif", interface}, {"netdev", read_or_empty(store, paths.back + "/gatewaydev")}};
  if (read_or_empty(store, paths.back + "/type") == "ioemu") plan.environment["INTERFACE"] = interface + "-emu";
  // The kernel takes the interface and its port of the bridge away by itself; what the script has left to do is to
  // remove its rules for packets. An interface with a name of its own may be there again by then: of the guest's next
  // life.
  plan.release_later = std::filesystem::path(plan.script).filename() == "vif-bridge" &&
                       read_or_empty(store, paths.back + "/vifname").empty();
  return plan;
}

bool is_emulated_card(const Device& device) {
  return device.type == "vif" && item(device.config, "type") == "ioemu";
}

HotplugPlan tap_plan(xc::Store& store, const DevicePaths& paths, const DeviceSettings& settings) {
  HotplugPlan plan;
  plan.script = absolute_script(read_or_empty(store, paths.back + "/script"), settings);
  plan.connect = {"add", "type_if=tap"};
  plan.release = {"remove", "type_if=tap"};
  const std::string interface = fmt::format("vif{}.{}", paths.domid, paths.id);
  plan.environment = {{"vif", interface}, {"INTERFACE", interface + "-emu"}};
  return plan;
}

// Xen's script for bridges writes the MTU for the guest to a path that it makes from the interface's name, vif5.0. For
// an interface with a vifname that is a path of no domain, and stays behind: /local/domain/NAME/device/vif/NAME/mtu.
void VifClass::after_release(xc::Store& store, const DevicePaths& paths, ScriptEnd, const DeviceSettings&) const {
  const std::string name = read_or_empty(store, paths.back + "/vifname");
  const std::string stem = name.starts_with("vif") ? name.substr(3) : name;
  const std::string domain = stem.substr(0, stem.rfind('.'));
  if (domain.empty() || parse_id(domain)) return;
  const std::string path = fmt::format("/local/domain/{}/device/vif/{}/mtu", domain, stem.substr(stem.find('.') + 1));
  store.transaction([&](xc::Store& t) {
    if (t.read(path)) remove_and_tidy(t, path, "/local/domain");
  });
}

sxp::Value VifClass::describe(xc::Store& store, const DevicePaths& paths) const {
  sxp::Value element = sxp::Value::list({paths.type});
  const auto copy = [&](std::string_view key) {
    std::string value = read_or_empty(store, fmt::format("{}/{}", paths.back, key));
    if (!value.empty()) set_item(element, key, std::move(value));
  };
  copy("script");
  copy("mac");
  for (std::string_view key : kOptionalKeys) copy(key);
  copy("rate");
  set_item(element, "backend", 0);
  return element;
}

bool is_mac(std::string_view text) {
  if (text.size() != 17) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool ok = i % 3 == 2 ? text[i] == ':' : std::isxdigit(static_cast<unsigned char>(text[i])) != 0;
    if (!ok) return false;
  }
  return true;
}

std::string random_mac() {
  std::random_device entropy;
  const unsigned bits = entropy();
  return fmt::format("00:16:3e:{:02x}:{:02x}:{:02x}", bits >> 16 & 0x7f, bits >> 8 & 0xff, bits & 0xff);
}

}  // namespace xend
