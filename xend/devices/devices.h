// All devices of domains, whatever their class: what the rest of the daemon calls. One file per class (vbd.cc, vif.cc,
// ...) knows the class; hotplug.cc runs the handshake with Xen's scripts that they share.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "libxc-wrap/store.h"
#include "libxc-wrap/types.h"
#include "sxp/value.h"
#include "xend/devices/migration_tool.h"
#include "xend/devices/scsi_target.h"

namespace xend {

// Whose device it is, as far as xenstore and scripts are concerned.
struct DeviceOwner {
  xc::DomId domid = 0;
  std::string name;
  std::string vm_path;   // "/vm/UUID" or "/vm/UUID-1"...
  std::string protocol;  // of the image, e.g. "x86_64-abi"; may be empty
  xc::GuestType type = xc::GuestType::kPv;
};

// One device of one domain. `config` is the element as configured, completed with what was made up for it (mac, uuid,
// bootable ...): (vif (mac ..) (bridge ..) (uuid ..)). It is what a domain's SXP, images and restarts carry.
struct Device {
  std::string type;  // "vbd", "vif", "console", ...
  unsigned id = 0;   // the last element of its xenstore paths: device number of a vbd, counter for others
  sxp::Value config;
};

struct DeviceSettings {
  std::chrono::seconds create_timeout{100};   // device-create-timeout; the script's run is part of it
  std::chrono::seconds destroy_timeout{100};  // device-destroy-timeout; for the guest, and once more for the script
  std::chrono::milliseconds backend_timeout{10'000};  // for a driver in dom0 to take up a backend, or to let it go
  std::string vif_script = "vif-bridge";              // vif-script
  std::string scripts_dir = "/etc/xen/scripts";
  ScsiFolders scsi;
  std::string served_dir = "/sys/bus/xen-backend/devices";  // an entry for each backend that has a driver
  std::string root;  // in front of scripts and network interfaces that are looked for before a guest comes; for tests
};

class Cancellation;  // helpers/helpers.h

class Devices {
 public:
  Devices(xc::Store& store, ScriptRunner& scripts, DeviceSettings settings);
  ~Devices();

  // Checks one device element of a configuration and completes it: id, mac, uuid, absolute script, bootable. `others`
  // are the domain's devices so far. Throws Error with the texts of spec domain-lifecycle 9.2, protocols 7.5.
  Device complete(const sxp::Value& config, const std::vector<Device>& others, xc::GuestType type) const;

  // The same for a device that a running domain is given: an id that the guest has seen before is not given again.
  Device complete_more(const DeviceOwner& owner, const sxp::Value& config, const std::vector<Device>& others) const;

  // What a completed device needs and dom0 does not have, each as a sentence (device_needs.h).
  std::vector<std::string> missing_for(const DeviceOwner& owner, const Device& device) const;

  // Writes the xenstore nodes of `devices`, all in one transaction (spec domain-lifecycle 9.1). Throws Error; then
  // nothing of them is there.
  void write(const DeviceOwner& owner, const std::vector<Device>& devices);

  // Waits until the backend is ready, runs the script, checks its verdict (spec 9.3, modern-xen 16). Throws Error with
  // the classic text; the device's nodes are then removed. Several devices may be connected at once from several
  // threads.
  // `cancel`, when given, ends the waiting and kills the script: the device is removed then, too.
  void connect(const DeviceOwner& owner, const Device& device, const Cancellation* cancel = nullptr);

  // Runs the script for the interface that the device model has made for a vif's emulated card. Throws Error.
  void connect_tap(const DeviceOwner& owner, const Device& vif);
  // The same before the interface goes. Never throws: what fails is logged.
  void release_tap(const DeviceOwner& owner, const Device& vif) noexcept;

  // Takes one device away from a running domain (spec 9.4): backend closed, script told, nodes removed. `force` does
  // not wait for the guest. Throws Error when the guest does not let go in time, or `give_up` says while waiting for it
  // that there is no point any more; nodes and driver stay then. Does nothing to a device that xenstore does not have.
  void disconnect(const DeviceOwner& owner, const Device& device, bool force,
                  const std::function<bool()>& give_up = {});

  // Changes a device whose class can: another medium (spec 9.5), other PCI functions. `config` is the element as asked
  // for. Returns the device as it is then; throws Error, mostly that it may not be reconfigured. Where the guest has a
  // say, it is waited for until `give_up` says that there is no point any more.
  Device reconfigure(const DeviceOwner& owner, const Device& device, const sxp::Value& config,
                     const std::function<bool()>& give_up = {});

  // What is told about the devices of a domain that is being saved or moved: `program` as external-migration-tool names
  // it.
  MigrationTool migration_tool(std::string program, MigrationTool::Subject subject);

  // Removes whatever there is of one device, as release_all does for all of them.
  void release(const DeviceOwner& owner, const Device& device) noexcept;

  // Removes whatever devices xenstore still lists for the domain, scripts told, after the domain is gone from Xen (or
  // about to go). Never throws: what cannot be undone is logged. Leaves no loop device, bridge port or node behind.
  // Scripts that only tidy up after an interface that is gone run on in the background.
  void release_all(const DeviceOwner& owner) noexcept;

  // Begins again what release_all of an earlier daemon had left to the background. Never throws.
  void go_on_releasing() noexcept;
  // Waits until nothing runs in the background any more.
  void finish_releasing();

  // The element of a running device with what xenstore knows (spec protocols 7.5): (vif (bridge ..) (mac ..) (backend
  // 0)). `config` of the device when xenstore no longer has it.
  sxp::Value describe(const DeviceOwner& owner, const Device& device);

  // The devices that xenstore lists for a domain, described from it: what a daemon knows of a domain that an earlier
  // one made (spec domain-lifecycle section 15).
  std::vector<Device> recall(const DeviceOwner& owner);

  // For the API's getDeviceSxprs of a running domain: (ID ((key value) ...)) per frontend of that class (spec 3.6).
  sxp::List frontends(const DeviceOwner& owner, const std::string& type);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// The device that a client means by `name` (spec domain-lifecycle 9.4): the id, what the guest calls a disk, the
// address of a vif, CLASS/ID. Null when there is none. `type` "vbd" stands for all kinds of disks.
const Device* find_device(const std::vector<Device>& devices, const std::string& type, const std::string& name);

}  // namespace xend
