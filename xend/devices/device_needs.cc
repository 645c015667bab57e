#include "xend/devices/device_needs.h"

#include <fmt/format.h>
#include <unistd.h>

#include "xend/devices/device_class.h"
#include "xend/devices/disk_source.h"
#include "xend/devices/vbd.h"
#include "xend/error.h"

namespace xend {

namespace {

bool there(const DeviceSettings& settings, const std::string& path, int access) {
  return ::access((settings.root + path).c_str(), access) == 0;
}

// The script that will be run, by its absolute path; "" when none will.
std::string script_of(const Device& device, const DeviceSettings& settings) {
  if (device.type == "vif") return item(device.config, "script");
  if (!is_disk(device)) return "";
  const DiskSource source = parse_disk_source(item(device.config, "uname"));
  if (source.empty() || source.by_qemu()) return "";
  const std::string script = item(device.config, "script");
  return script.empty() ? settings.scripts_dir + "/block" : script;
}

// vif-bridge adds the interface to the bridge it is told, or to the first that it finds. Other scripts mean something
// else by `bridge`: that of Open vSwitch is none of Linux's.
void look_for_bridge(const Device& device, const std::string& script, const DeviceSettings& settings,
                     std::vector<std::string>& missing) {
  const std::string bridge = item(device.config, "bridge");
  if (bridge.empty() || !script.ends_with("/vif-bridge")) return;
  const std::string interface = "/sys/class/net/" + bridge;
  if (!there(settings, interface, F_OK))
    missing.push_back(fmt::format("There is no bridge {} for vif {}.", bridge, device.id));
  else if (!there(settings, interface + "/bridge", F_OK))
    missing.push_back(
        fmt::format("The network interface {} is there, but is no bridge for vif {}.", bridge, device.id));
}

}  // namespace

std::vector<std::string> missing_for(xc::Store& store, const DeviceSettings& settings, const DeviceOwner& owner,
                                     const Device& device) {
  std::vector<std::string> missing;
  try {
    device_class(device.type).check_host(store, owner, device);
  } catch (const Error& e) {
    missing.emplace_back(e.what());
  }
  const std::string script = script_of(device, settings);
  if (!script.empty() && !there(settings, script, X_OK))
    missing.push_back(
        fmt::format("There is no script {} for device {} ({}) that can be run.", script, device.id, device.type));
  if (device.type == "vif") look_for_bridge(device, script, settings, missing);
  return missing;
}

}  // namespace xend
