// A device on its way out (spec domain-lifecycle 9.4, modern-xen 16): its backend is told, its driver lets go, the
// script undoes what it did, the nodes go away. Works from xenstore alone, so that an earlier daemon's devices can
// leave, too.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "libxc-wrap/store.h"
#include "xend/devices/device_class.h"
#include "xend/devices/device_nodes.h"
#include "xend/devices/devices.h"
#include "xend/devices/script_runner.h"

namespace xend {

// Below a backend: leave() was reached, and finish() was not.
inline constexpr char kLeaving[] = "leaving";

class DeviceDeparture {
 public:
  // Reads from xenstore what leaving will take. `device_class` is null for a type that this release does not know: only
  // its nodes are removed.
  DeviceDeparture(xc::Store& store, ScriptRunner& scripts, const DeviceSettings& settings, DevicePaths paths,
                  const DeviceClass* device_class);

  // Tells the backend to close. `without_guest`: the guest is gone or is not to be asked, so that the driver in dom0
  // lets go at once. `transaction` is one.
  void announce(xc::Store& transaction, bool without_guest);

  // True when no driver has the backend (any more).
  bool closed() const;

  // Whether its script may run when its guest is long gone and forgotten.
  bool may_finish_later() const;

  // What the guest's next life would stumble over goes at once, the frontend and the index; the backend's nodes stay
  // until finish(), marked for a daemon that comes after this one (kLeaving). Throws xc::Error.
  void leave();

  // Script, leftovers, nodes. The device is gone from xenstore afterwards even when the script fails. `connect_killed`:
  // the script that was to connect it has been killed. Throws xc::Error.
  void finish(bool connect_killed = false);

  const DevicePaths& paths() const { return paths_; }

 private:
  void end_front(xc::Store& transaction);
  bool driver_gone() const;
  bool script_has_work() const;
  ScriptEnd run_script();

  xc::Store& store_;
  ScriptRunner& scripts_;
  const DeviceSettings& settings_;
  DevicePaths paths_;
  const DeviceClass* class_;
  std::optional<HotplugPlan> plan_;
  bool served_ = false;      // a driver has been at it
  bool front_made_ = false;  // by end_front, for a guest whose nodes are gone
  bool left_ = false;        // nobody waits for the rest
};

// Waits until all are closed. False when the deadline came first or `give_up` said so.
bool wait_closed(xc::Store& store, const std::vector<DeviceDeparture>& departures, xc::Deadline deadline,
                 const std::function<bool()>& give_up = {});

}  // namespace xend
