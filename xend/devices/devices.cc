#include "xend/devices/devices.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <future>
#include <mutex>

#include "libxc-wrap/error.h"
#include "xend/devices/background.h"
#include "xend/devices/device_class.h"
#include "xend/devices/device_departure.h"
#include "xend/devices/device_needs.h"
#include "xend/devices/device_nodes.h"
#include "xend/devices/frontend_tree.h"
#include "xend/devices/hotplug.h"
#include "xend/devices/vif.h"
#include "xend/error.h"
#include "xend/log.h"

namespace xend {
namespace {

using Clock = std::chrono::steady_clock;

DevicePaths paths_of(const DeviceOwner& owner, const std::string& type, unsigned id) {
  const DeviceClass* known = find_device_class(type);
  return DevicePaths(owner.domid, owner.vm_path, type, known != nullptr ? known->store_class() : type, id);
}

DevicePaths paths_of(const DeviceOwner& owner, const Device& device) {
  const DeviceClass* known = find_device_class(device.type);
  if (known == nullptr) return paths_of(owner, device.type, device.id);
  return DevicePaths(owner.domid, owner.vm_path, device.type, known->store_class(), device.id,
                     known->back_class(device));
}

constexpr std::string_view kServedByQemu = "qdisk";

// As paths_of, with the backend where the index says that it is.
DevicePaths indexed_paths(xc::Store& store, const DeviceOwner& owner, const std::string& type, unsigned id) {
  DevicePaths paths = paths_of(owner, type, id);
  const std::string dir = fmt::format("/local/domain/0/backend/{}/", kServedByQemu);
  if (!store.read(paths.index + "/backend").value_or("").starts_with(dir)) return paths;
  return DevicePaths(owner.domid, owner.vm_path, type, paths.store_type, id, kServedByQemu);
}

// Types that share a class's directory: a tap and a vbd of one number would be one frontend.
std::vector<std::string> index_paths_sharing(const DeviceOwner& owner, const DevicePaths& paths) {
  std::vector<std::string> result;
  for (std::string_view type : device_types()) {
    if (device_class(type).store_class() != paths.store_type) continue;
    result.push_back(paths_of(owner, std::string(type), paths.id).index);
  }
  return result;
}

// What xend's own index lists.
std::vector<DevicePaths> indexed_devices(xc::Store& store, const DeviceOwner& owner) {
  std::vector<DevicePaths> found;
  if (owner.vm_path.empty()) return found;
  const std::string root = owner.vm_path + "/device";
  for (const std::string& type : store.list(root)) {
    for (const std::string& name : store.list(root + "/" + type)) {
      if (const auto id = parse_id(name)) found.push_back(indexed_paths(store, owner, type, *id));
    }
  }
  return found;
}

// The index, and backends of the domain that it no longer knows.
std::vector<DevicePaths> leftover_devices(xc::Store& store, const DeviceOwner& owner) {
  std::vector<DevicePaths> found = indexed_devices(store, owner);
  std::vector<std::pair<std::string_view, std::string_view>> places = {{"tap", kServedByQemu}};
  for (std::string_view type : device_types())
    if (device_class(type).store_class() == type) places.emplace_back(type, type);
  for (const auto& [type, back_class] : places) {
    const std::string_view front_class = device_class(type).store_class();
    for (const std::string& name : store.list(fmt::format("/local/domain/0/backend/{}/{}", back_class, owner.domid))) {
      const auto id = parse_id(name);
      if (!id) continue;
      DevicePaths paths(owner.domid, owner.vm_path, std::string(type), front_class, *id, back_class);
      const auto same = [&](const DevicePaths& other) { return other.back == paths.back; };
      if (std::none_of(found.begin(), found.end(), same)) found.push_back(std::move(paths));
    }
  }
  return found;
}

// Those whose guests are gone, and whose scripts have not ended yet.
std::vector<DevicePaths> devices_that_leave(xc::Store& store) {
  std::vector<DevicePaths> found;
  for (std::string_view type : device_types()) {
    const std::string home = fmt::format("/local/domain/0/backend/{}", type);
    for (const std::string& guest : store.list(home)) {
      for (const std::string& device : store.list(home + "/" + guest)) {
        const auto domid = parse_id(guest), id = parse_id(device);
        if (!domid || !id || !store.read(fmt::format("{}/{}/{}/{}", home, guest, device, kLeaving))) continue;
        found.emplace_back(*domid, "", std::string(type), type, *id);
      }
    }
  }
  return found;
}

}  // namespace

// What devices need in dom0 before their nodes are written; undone unless keep() is reached.
class Preparation {
 public:
  Preparation(ScriptRunner& programs, const DeviceSettings& settings, const std::vector<Device>& devices)
      : settings_(settings) {
    try {
      for (const Device& device : devices) {
        device_class(device.type).prepare(programs, settings, device);
        prepared_.push_back(&device);
      }
    } catch (...) {
      undo();
      throw;
    }
  }
  ~Preparation() { undo(); }
  Preparation(const Preparation&) = delete;
  Preparation& operator=(const Preparation&) = delete;

  void keep() { prepared_.clear(); }

 private:
  void undo() noexcept {
    for (const Device* device : prepared_) device_class(device->type).unprepare(settings_, *device);
    prepared_.clear();
  }

  const DeviceSettings& settings_;
  std::vector<const Device*> prepared_;
};

struct Devices::Impl {
  xc::Store& store;
  ScriptRunner& scripts;
  const DeviceSettings settings;
  std::mutex writing{};
  Background background{};

  DeviceDeparture departure(DevicePaths paths) {
    const DeviceClass* known = find_device_class(paths.type);
    return DeviceDeparture(store, scripts, settings, std::move(paths), known);
  }

  // `wait`: for all scripts, also those that may be left to the background.
  enum class Wait { kForAll, kForWhatMatters };
  void release(std::vector<DevicePaths> leaving, Wait wait, bool connect_killed = false);
  void finish(DeviceDeparture& departure, bool connect_killed) noexcept;
  void finish_later(DeviceDeparture departure);
};

void Devices::Impl::finish(DeviceDeparture& departure, bool connect_killed) noexcept {
  try {
    departure.finish(connect_killed);
  } catch (const std::exception& e) {
    XEND_LOG(Error, "Device {} of domain {} could not be removed: {}", departure.paths().name(),
             departure.paths().domid, e.what());
  }
}

void Devices::Impl::finish_later(DeviceDeparture departure) {
  departure.leave();
  background.begin([this, departure = std::move(departure)]() mutable { finish(departure, false); });
}

// One announcement and one wait for all of them: a guest with ten disks does not take ten times as long to go.
void Devices::Impl::release(std::vector<DevicePaths> leaving, Wait wait, bool connect_killed) {
  std::vector<DeviceDeparture> departures;
  for (DevicePaths& paths : leaving) departures.push_back(departure(std::move(paths)));
  store.transaction([&](xc::Store& t) {
    for (DeviceDeparture& d : departures) d.announce(t, true);
  });
  if (!wait_closed(store, departures, Clock::now() + settings.backend_timeout)) {
    for (const DeviceDeparture& d : departures) {
      if (d.closed()) continue;
      XEND_LOG(Warning, "Device {} of domain {}: the backend did not close within {} ms.", d.paths().name(),
               d.paths().domid, settings.backend_timeout.count());
    }
  }
  // Most of it is waiting for scripts: they run beside each other.
  std::vector<std::future<void>> pending;
  for (DeviceDeparture& d : departures) {
    if (wait == Wait::kForWhatMatters && d.may_finish_later())
      finish_later(d);
    else
      pending.push_back(std::async([this, &d, connect_killed] { finish(d, connect_killed); }));
  }
}

Devices::Devices(xc::Store& store, ScriptRunner& scripts, DeviceSettings settings)
    : impl_(new Impl{store, scripts, std::move(settings)}) {}

Devices::~Devices() = default;

Device Devices::complete(const sxp::Value& config, const std::vector<Device>& others, xc::GuestType) const {
  const DeviceClass& known = device_class(sxp::head(config));
  Device device;
  device.type = sxp::head(config);
  device.config = known.normalise(config);
  known.complete(device, others, impl_->settings);
  return device;
}

Device Devices::complete_more(const DeviceOwner& owner, const sxp::Value& config,
                              const std::vector<Device>& others) const {
  const DeviceClass& known = device_class(sxp::head(config));
  if (const Device* there = find_device(others, std::string(sxp::head(config)), item(config, "dev"))) {
    throw Error(fmt::format("Device {} is already connected.", known.label(*there)));
  }
  Device device = complete(config, others, owner.type);
  const DevicePaths paths = paths_of(owner, device.type, device.id);
  if (!known.keys(device).counted) return device;
  const unsigned unseen = parse_id(read_or_empty(impl_->store, paths.counter)).value_or(0);
  device.id = std::max(device.id, unseen);
  return device;
}

std::vector<std::string> Devices::missing_for(const DeviceOwner& owner, const Device& device) const {
  return xend::missing_for(impl_->store, impl_->settings, owner, device);
}

void Devices::write(const DeviceOwner& owner, const std::vector<Device>& devices) {
  // Two guests that want one image at the same time: the second must see what the first wrote.
  const std::lock_guard lock(impl_->writing);
  try {
    for (const Device& device : devices) device_class(device.type).check_host(impl_->store, owner, device);
    Preparation preparation(impl_->scripts, impl_->settings, devices);
    impl_->store.transaction([&](xc::Store& t) {
      for (const Device& device : devices) {
        const DeviceClass& known = device_class(device.type);
        const DevicePaths paths = paths_of(owner, device);
        write_nodes(t, owner, paths, known.keys(device), index_paths_sharing(owner, paths), known.label(device));
      }
    });
    preparation.keep();
  } catch (const xc::Error& e) {
    throw Error(fmt::format("The devices of domain {} could not be written to xenstore: {}", owner.name, e.what()));
  }
}

void Devices::connect(const DeviceOwner& owner, const Device& device, const Cancellation* cancel) {
  const DeviceClass& known = device_class(device.type);
  const DevicePaths paths = paths_of(owner, device);
  std::string reason;
  bool killed = false;
  try {
    const auto plan = known.hotplug(impl_->store, paths, impl_->settings);
    if (!plan) return;
    connect_backend(impl_->store, impl_->scripts, impl_->settings, paths, *plan, cancel);
    return;
  } catch (const ScriptKilled& e) {
    reason = e.what();
    killed = true;
  } catch (const Error& e) {
    reason = e.what();
  } catch (const xc::Error& e) {
    reason = fmt::format("Device {} could not be connected. {}", paths.name(), e.what());
  }
  XEND_LOG(Error, "Domain {} ({}): {}", owner.name, owner.domid, reason);
  try {
    impl_->release({paths}, Impl::Wait::kForAll, killed);
  } catch (const xc::Error& e) {
    XEND_LOG(Error, "Device {} of domain {} could not be removed: {}", paths.name(), owner.domid, e.what());
  }
  throw Error(reason);
}

void Devices::connect_tap(const DeviceOwner& owner, const Device& vif) {
  const DevicePaths paths = paths_of(owner, vif);
  const HotplugPlan plan = tap_plan(impl_->store, paths, impl_->settings);
  const ScriptResult result =
      run_hotplug_script(impl_->scripts, paths, plan, plan.connect, impl_->settings.create_timeout);
  if (result.status == 0 && !result.timed_out) return;
  const std::string reason = read_or_empty(impl_->store, paths.back + "/hotplug-error");
  throw Error(fmt::format(
      "Device {} could not be connected. {}", paths.name(),
      reason.empty() ? fmt::format("{} did not set up the interface {}.", plan.script, plan.environment.at("INTERFACE"))
                     : reason));
}

void Devices::release_tap(const DeviceOwner& owner, const Device& vif) noexcept {
  try {
    const DevicePaths paths = paths_of(owner, vif);
    const HotplugPlan plan = tap_plan(impl_->store, paths, impl_->settings);
    run_hotplug_script(impl_->scripts, paths, plan, plan.release, impl_->settings.destroy_timeout);
  } catch (const std::exception& e) {
    XEND_LOG(Error, "Domain {} ({}): {}", owner.name, owner.domid, e.what());
  }
}

void Devices::disconnect(const DeviceOwner& owner, const Device& device, bool force,
                         const std::function<bool()>& give_up) {
  const DevicePaths paths = paths_of(owner, device);
  xc::Store& store = impl_->store;
  try {
    if (!store.read(paths.index + "/backend")) return;
    // A guest that never took the device up has nothing to let go of, and would not answer.
    const bool unused = read_state(store, paths.front) == XenbusState::kInitialising;
    const bool at_once = force || unused || !device_class(device.type).hotplug(store, paths, impl_->settings);
    if (at_once) {
      impl_->release({paths}, Impl::Wait::kForAll);
      return;
    }
    std::vector<DeviceDeparture> departures{impl_->departure(paths)};
    store.transaction([&](xc::Store& t) { departures.front().announce(t, false); });
    if (!wait_closed(store, departures, Clock::now() + impl_->settings.destroy_timeout, give_up)) {
      if (give_up && give_up()) {
        throw Error(fmt::format("Device {} could not be disconnected. The domain ended meanwhile.", paths.name()));
      }
      throw Error(
          fmt::format("Device {} could not be disconnected. The guest did not let go of it within {} s; it can be "
                      "taken away by force (option -f).",
                      paths.name(), impl_->settings.destroy_timeout.count()));
    }
    departures.front().finish();
  } catch (const xc::Error& e) {
    throw Error(fmt::format("Device {} could not be disconnected. {}", paths.name(), e.what()));
  }
}

Device Devices::reconfigure(const DeviceOwner& owner, const Device& device, const sxp::Value& config,
                            const std::function<bool()>& give_up) {
  const DevicePaths paths = paths_of(owner, device.type, device.id);
  try {
    Device changed = device;
    const DeviceClass& known = device_class(device.type);
    changed.config = known.reconfigure(impl_->store, paths, device, known.normalise(config),
                                       {impl_->settings, give_up, impl_->scripts});
    return changed;
  } catch (const xc::Error& e) {
    throw Error(fmt::format("Device {} could not be reconfigured. {}", paths.name(), e.what()));
  }
}

MigrationTool Devices::migration_tool(std::string program, MigrationTool::Subject subject) {
  return {impl_->scripts, std::move(program), std::move(subject)};
}

void Devices::release(const DeviceOwner& owner, const Device& device) noexcept {
  try {
    const DevicePaths paths = paths_of(owner, device.type, device.id);
    if (impl_->store.read(paths.index + "/backend")) impl_->release({paths}, Impl::Wait::kForAll);
  } catch (const std::exception& e) {
    XEND_LOG(Error, "A device of domain {} ({}) could not be released: {}", owner.name, owner.domid, e.what());
  }
}

void Devices::release_all(const DeviceOwner& owner) noexcept {
  try {
    impl_->release(leftover_devices(impl_->store, owner), Impl::Wait::kForWhatMatters);
    // QEMU takes the nodes of its disks away by itself, too, and may have left their folder.
    remove_empty_backends(impl_->store, kServedByQemu, owner.domid);
  } catch (const std::exception& e) {
    XEND_LOG(Error, "Devices of domain {} ({}) could not be released: {}", owner.name, owner.domid, e.what());
  }
}

void Devices::go_on_releasing() noexcept {
  try {
    for (DevicePaths& paths : devices_that_leave(impl_->store)) impl_->finish_later(impl_->departure(std::move(paths)));
  } catch (const std::exception& e) {
    XEND_LOG(Error, "Devices of domains that are gone could not be released: {}", e.what());
  }
}

void Devices::finish_releasing() {
  impl_->background.finish();
}

sxp::Value Devices::describe(const DeviceOwner& owner, const Device& device) {
  const DeviceClass* known = find_device_class(device.type);
  const DevicePaths paths = paths_of(owner, device);
  if (known == nullptr || !impl_->store.read(paths.back + "/frontend")) return device.config;
  sxp::Value element = known->describe(impl_->store, paths);
  // Kept out of xenstore, where the guest could read it.
  if (const auto password = sxp::child_text(device.config, "vncpasswd")) set_item(element, "vncpasswd", *password);
  return element;
}

std::vector<Device> Devices::recall(const DeviceOwner& owner) {
  std::vector<Device> devices;
  for (const DevicePaths& paths : indexed_devices(impl_->store, owner)) {
    const DeviceClass* known = find_device_class(paths.type);
    if (known == nullptr || !impl_->store.read(paths.back + "/frontend")) continue;
    devices.push_back({paths.type, paths.id, known->describe(impl_->store, paths)});
  }
  return devices;
}

sxp::List Devices::frontends(const DeviceOwner& owner, const std::string& type) {
  sxp::List result;
  for (const DevicePaths& paths : indexed_devices(impl_->store, owner)) {
    // A tap's frontend is a vbd's: asked for vbd, both are meant (spec protocols 3.6).
    if (paths.type != type && paths.store_type != type) continue;
    result.push_back(sxp::Value::list({std::to_string(paths.id), frontend_tree(impl_->store, paths.front)}));
  }
  return result;
}

const Device* find_device(const std::vector<Device>& devices, const std::string& type, const std::string& name) {
  const DeviceClass& asked = device_class(type);
  std::string_view key = name;
  if (key.starts_with(type + "/")) key.remove_prefix(type.size() + 1);
  const auto id = parse_id(key);
  const auto found = std::find_if(devices.begin(), devices.end(), [&](const Device& device) {
    const DeviceClass* known = find_device_class(device.type);
    if (known == nullptr || known->store_class() != asked.store_class()) return false;
    return device.id == id || known->goes_by(device, key);
  });
  return found == devices.end() ? nullptr : &*found;
}

}  // namespace xend
