#include "xend/devices/vscsi.h"

#include <fmt/format.h>

#include <algorithm>

#include "xend/devices/scsi_reconfiguration.h"
#include "xend/devices/scsi_target.h"
#include "xend/error.h"

namespace xend {

// The usual form of a configuration keeps pairs only, and would lose the devices.
sxp::Value VscsiClass::normalise(const sxp::Value& config) const {
  const bool any = sxp::child(config, "dev") != nullptr;
  sxp::Value element = scsi_element(any ? parse_scsi(config) : ScsiAdapter{});
  const sxp::Value rest = normalise_element(config);
  for (const char* key : {"backend", "uuid"})
    if (std::string value = item(rest, key); !value.empty()) set_item(element, key, std::move(value));
  return element;
}

void VscsiClass::complete(Device& device, const std::vector<Device>& others, const DeviceSettings&) const {
  check_backend(device.config);
  const ScsiAdapter adapter = parse_scsi(device.config);
  device.id = adapter.luns.front().in_guest.host;
  if (std::any_of(others.begin(), others.end(),
                  [&](const Device& o) { return o.type == device.type && o.id == device.id; }))
    throw Error(fmt::format("vscsi: the guest has an adapter {} already.", device.id));
  ensure_uuid(device.config);
}

void VscsiClass::prepare(ScriptRunner& programs, const DeviceSettings& settings, const Device& device) const {
  const auto luns = parse_scsi(device.config).luns;
  for (std::size_t i = 0; i < luns.size(); ++i) {
    try {
      ScsiTarget(settings.scsi, luns[i].physical).make(programs);
    } catch (...) {
      for (std::size_t made = 0; made < i; ++made) ScsiTarget(settings.scsi, luns[made].physical).remove();
      throw;
    }
  }
}

void VscsiClass::unprepare(const DeviceSettings& settings, const Device& device) const noexcept {
  for (const ScsiLun& lun : parse_scsi(device.config).luns) ScsiTarget(settings.scsi, lun.physical).remove();
}

DeviceKeys VscsiClass::keys(const Device& device) const {
  const ScsiAdapter adapter = parse_scsi(device.config);
  DeviceKeys keys;
  keys.back = {{"feature-host", adapter.whole ? "1" : "0"}, {"uuid", item(device.config, "uuid")}};
  for (std::size_t i = 0; i < adapter.luns.size(); ++i)
    for (auto& key : scsi_lun_keys(adapter.luns[i], i)) keys.back.push_back(std::move(key));
  return keys;
}

sxp::Value VscsiClass::reconfigure(xc::Store& store, const DevicePaths& paths, const Device&, const sxp::Value& wanted,
                                   const ChangeLimits& limits) const {
  change_scsi_luns(store, paths, parse_scsi(wanted).luns, limits);
  return wanted;
}

// No script: what is waited for is that xen-scsiback takes the backend up, and that it lets go of it.
std::optional<HotplugPlan> VscsiClass::hotplug(xc::Store&, const DevicePaths&, const DeviceSettings&) const {
  HotplugPlan plan;
  plan.module = "xen-scsiback";
  return plan;
}

void VscsiClass::after_release(xc::Store& store, const DevicePaths& paths, ScriptEnd,
                               const DeviceSettings& settings) const {
  for (const ScsiLun& lun : read_scsi_luns(store, paths)) ScsiTarget(settings.scsi, lun.physical).remove();
}

sxp::Value VscsiClass::describe(xc::Store& store, const DevicePaths& paths) const {
  const ScsiAdapter adapter{read_or_empty(store, paths.back + "/feature-host") == "1", read_scsi_luns(store, paths)};
  sxp::Value element = scsi_element(adapter);
  set_item(element, "backend", 0);
  set_item(element, "uuid", read_or_empty(store, paths.back + "/uuid"));
  return element;
}

}  // namespace xend
