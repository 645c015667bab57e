#include "xend/devices/vbd.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <set>
#include <system_error>

#include "sxp/printer.h"
#include "xend/devices/disk_name.h"
#include "xend/devices/disk_sharing.h"
#include "xend/devices/disk_source.h"
#include "xend/devices/loop_device.h"
#include "xend/error.h"
#include "xend/log.h"

namespace xend {
namespace {

// The script that serves disks of a type of its own (drbd:, iscsi:): one executable file, never a path from outside.
std::string helper_script(const std::string& type, const std::string& scripts_dir) {
  const bool plain = !type.empty() && std::all_of(type.begin(), type.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '-' || c == '_';
  });
  const std::string path = fmt::format("{}/block-{}", scripts_dir, type);
  if (!plain || ::access(path.c_str(), X_OK) != 0)
    throw Error(fmt::format("Block device type \"{}\" is invalid.", type));
  return path;
}

void complete_mode(sxp::Value& config, const std::string& dev) {
  const std::string mode = item(config, "mode");
  if (mode.empty()) {
    set_item(config, "mode", "r");
  } else if (mode == "rw") {
    set_item(config, "mode", "w");
  } else if (mode != "r" && mode != "w" && mode != "w!") {
    throw Error(fmt::format("Invalid mode {} of disk {}: r, w and w! are known.", mode, dev));
  }
}

void check_duplicates(const Device& device, const DiskSource& source, const std::vector<Device>& others) {
  const std::string uname = item(device.config, "uname");
  for (const Device& other : others) {
    if (!is_disk(other)) continue;
    if (!source.empty()) {
      const std::string other_uname = item(other.config, "uname");
      if (!source.path().empty() && parse_disk_source(other_uname).path() == source.path()) {
        throw Error(fmt::format("The file \"{}\" is already used", source.path()));
      }
      if (other_uname == uname) throw Error(fmt::format("The uname \"{}\" is already defined", uname));
    }
    if (other.id == device.id) {
      throw Error(fmt::format("The device \"{}\" is already defined", item(device.config, "dev")));
    }
  }
}

void detach_and_tell(const DevicePaths& paths, const std::string& loop, void (*detach)(const std::string&)) {
  try {
    detach(loop);
    XEND_LOG(Info, "Device {} of domain {}: {} detached, which the script has not done.", paths.name(), paths.domid,
             loop);
  } catch (const std::system_error& e) {
    XEND_LOG(Warning, "Device {} of domain {}: {} is still attached: {}.", paths.name(), paths.domid, loop, e.what());
  }
}

// Detaches the loop devices of an image that no backend has and nobody uses.
void detach_orphans(xc::Store& store, const DevicePaths& paths, const std::string& file) {
  std::set<std::string> known;
  const std::string backends = "/local/domain/0/backend/vbd";
  for (const std::string& domid : store.list(backends)) {
    const std::string dir = backends + "/" + domid;
    for (const std::string& id : store.list(dir)) known.insert(read_or_empty(store, dir + "/" + id + "/node"));
  }
  for (const std::string& loop : loop_devices_of(file)) {
    if (!known.contains(loop)) detach_and_tell(paths, loop, detach_unused_loop_device);
  }
}

}  // namespace

bool is_disk(const Device& device) {
  return device.type == "vbd" || device.type == "tap" || device.type == "tap2";
}

std::string_view VbdClass::back_class(const Device& device) const {
  return parse_disk_source(item(device.config, "uname")).by_qemu() ? "qdisk" : "vbd";
}

void VbdClass::complete(Device& device, const std::vector<Device>& others, const DeviceSettings& settings) const {
  sxp::Value& config = device.config;
  check_backend(config);
  const std::string dev = item(config, "dev");
  if (dev.empty()) throw Error("Block device must have virtual details specified");
  const DiskName name = parse_disk_name(dev);
  const auto number = disk_number(name.name);
  if (!number) throw Error(fmt::format("Unable to find number for device ({})", name.name));
  device.id = *number;

  const DiskSource source = parse_disk_source(item(config, "uname"));
  if (source.empty() && !name.cdrom) {
    throw Error(fmt::format("Block device must have physical details specified: disk {} has no uname.", dev));
  }
  if (!source.empty() && !source.is_path() && !source.by_qemu()) {
    set_item(config, "script", helper_script(source.type, settings.scripts_dir));
  } else if (const std::string script = item(config, "script"); !script.empty() && !script.starts_with('/')) {
    set_item(config, "script", fmt::format("{}/{}", settings.scripts_dir, script));
  }
  complete_mode(config, dev);
  check_duplicates(device, source, others);

  ensure_uuid(config);
  if (item(config, "bootable").empty()) {
    const bool first = std::none_of(others.begin(), others.end(), is_disk);
    set_item(config, "bootable", first ? "1" : "0");
  }
}

void VbdClass::check_host(xc::Store& store, const DeviceOwner& owner, const Device& device) const {
  const DiskSource source = parse_disk_source(item(device.config, "uname"));
  check_disk_source(source);
  const std::string path = source.path();
  if (path.empty() || !std::filesystem::is_regular_file(path)) return;
  try {
    check_image_sharing(store, owner, path, item(device.config, "mode"));
  } catch (const Error& e) {
    throw Error(fmt::format("Device {} ({}) could not be connected.\n{}", device.id, device.type, e.what()));
  }
}

DeviceKeys VbdClass::keys(const Device& device) const {
  const DiskName name = parse_disk_name(item(device.config, "dev"));
  const DiskSource source = parse_disk_source(item(device.config, "uname"));
  DeviceKeys keys;
  keys.front = {
      {is_extended_disk_number(device.id) ? "virtual-device-ext" : "virtual-device", std::to_string(device.id)},
      {"device-type", name.cdrom ? "cdrom" : "disk"},
  };
  if (std::string protocol = item(device.config, "protocol"); !protocol.empty()) {
    keys.front.emplace_back("protocol", std::move(protocol));
  }
  keys.back = {{"dev", name.name},
               {"type", source.type},
               {"params", source.params},
               {"mode", item(device.config, "mode")},
               {"uuid", item(device.config, "uuid")},
               {"bootable", item(device.config, "bootable")}};
  if (source.by_qemu()) {  // what QEMU's own backend looks for
    keys.back.emplace_back("device-type", name.cdrom ? "cdrom" : "disk");
    keys.back.emplace_back("discard-enable", "1");
  }
  if (std::string script = item(device.config, "script"); !script.empty()) {
    keys.back.emplace_back("script", std::move(script));
  }
  return keys;
}

std::string VbdClass::label(const Device& device) const {
  return fmt::format("{} ({}, {})", parse_disk_name(item(device.config, "dev")).name, device.id, device.type);
}

bool VbdClass::goes_by(const Device& device, std::string_view name) const {
  return disk_number(parse_disk_name(name).name) == device.id;
}

// Only a CD may be changed. Two writes: the driver is to see the drive empty in between.
sxp::Value VbdClass::reconfigure(xc::Store& store, const DevicePaths& paths, const Device& device,
                                 const sxp::Value& wanted, const ChangeLimits&) const {
  const std::string mode = item(wanted, "mode");
  const bool cdroms = parse_disk_name(item(device.config, "dev")).cdrom && parse_disk_name(item(wanted, "dev")).cdrom;
  if (!cdroms || item(device.config, "mode") != "r" || (!mode.empty() && mode != "r")) {
    throw Error(
        fmt::format("Refusing to reconfigure device {}:{} to {}\nOnly the medium of a CD-ROM drive (dev = "
                    "NAME:cdrom, mode r) can be changed.",
                    paths.type, device.id, sxp::to_string(wanted)));
  }
  const DiskSource source = parse_disk_source(item(wanted, "uname"));
  check_disk_source(source);
  for (const std::string& params : {std::string(), source.params}) {
    store.transaction([&](xc::Store& t) {
      t.write(paths.back + "/type", source.type);
      t.write(paths.back + "/params", params);
    });
  }
  sxp::Value changed = device.config;
  set_item(changed, "uname", item(wanted, "uname"));
  return changed;
}

std::optional<HotplugPlan> VbdClass::hotplug(xc::Store& store, const DevicePaths& paths,
                                             const DeviceSettings& settings) const {
  if (paths.back_type != "vbd") return std::nullopt;  // QEMU's: it is ready when QEMU is
  HotplugPlan plan;
  plan.module = "xen-blkback";
  plan.connect = {"add"};
  plan.release = {"remove"};
  plan.traces = {"node", "physical-device"};
  // The script takes no medium at all for an error.
  if (read_or_empty(store, paths.back + "/params").empty()) return plan;
  plan.script = store.read(paths.back + "/script").value_or(settings.scripts_dir + "/block");
  return plan;
}

void VbdClass::after_release(xc::Store& store, const DevicePaths& paths, ScriptEnd script,
                             const DeviceSettings&) const {
  const std::string image = read_or_empty(store, paths.back + "/params");
  std::error_code missing;
  const std::string file = std::filesystem::canonical(image, missing).string();
  const std::string node = read_or_empty(store, paths.back + "/node");
  if (node.empty()) {
    // Killed after it had set the loop device up, before it could say which.
    if (script == ScriptEnd::kConnectKilled && !missing) detach_orphans(store, paths, file);
    return;
  }
  if (!is_loop_device(node)) return;
  // The script looks at the image to find out that there is a loop device to take down: one whose image was deleted or
  // renamed meanwhile stays. So does one whose script failed or was killed; but then it may have been taken down and
  // set up for somebody else, who is known by another file.
  if (missing || (script != ScriptEnd::kDone && loop_backing_file(node) == file)) {
    detach_and_tell(paths, node, detach_loop_device);
  }
}

sxp::Value VbdClass::describe(xc::Store& store, const DevicePaths& paths) const {
  const auto back = [&](std::string_view key) { return read_or_empty(store, fmt::format("{}/{}", paths.back, key)); };
  sxp::Value element = sxp::Value::list({paths.type});
  const std::string type = back("type");
  if (const std::string params = back("params"); !type.empty() && !params.empty()) {
    set_item(element, "uname", disk_uname(paths.type, type, params));
  }
  // The guest owns this node: anything but one of the two words is a disk.
  const bool cdrom = read_word(store, paths.front + "/device-type") == "cdrom";
  set_item(element, "dev", fmt::format("{}:{}", back("dev"), cdrom ? "cdrom" : "disk"));
  for (std::string_view key : {"mode", "uuid", "bootable", "script"}) {
    if (std::string value = back(key); !value.empty()) set_item(element, key, std::move(value));
  }
  set_item(element, "backend", 0);
  set_item(element, "VDI", "");
  return element;
}

}  // namespace xend
