// The handshake with Xen's hotplug scripts, run by us because no udev rules are left (spec domain-lifecycle 9.3, 9.4
// and 10; modern-xen 16): how a backend becomes usable. How it goes away again is departure.h.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "libxc-wrap/store.h"
#include "xend/devices/device_class.h"
#include "xend/devices/device_nodes.h"
#include "xend/devices/devices.h"
#include "xend/devices/script_runner.h"
#include "xend/error.h"

namespace xend {

// Thrown when the script had to be killed: nobody knows how far it got.
class ScriptKilled : public Error {
 public:
  using Error::Error;
};

// Waits for the backend's driver, runs the script, waits for its verdict. Throws Error with the classic text, or when
// `cancel` (may be null) is given meanwhile; the nodes are as the script left them. Does nothing for a device that is
// connected already.
void connect_backend(xc::Store& store, ScriptRunner& scripts, const DeviceSettings& settings, const DevicePaths& paths,
                     const HotplugPlan& plan, const Cancellation* cancel);

// Runs the plan's script with the environment of section 10; its output goes to the log. `hurried` and `stop` as in
// ScriptCall. Throws Error when it cannot be started.
ScriptResult run_hotplug_script(ScriptRunner& scripts, const DevicePaths& paths, const HotplugPlan& plan,
                                const std::vector<std::string>& arguments, std::chrono::milliseconds limit,
                                bool hurried = true, int stop = -1);

// Calls `done` now and whenever one of the nodes, or something below it, has changed. False when the deadline came
// first, or `give_up`, asked several times a second, says so.
bool wait_for_nodes(xc::Store& store, const std::vector<std::string>& paths, xc::Deadline deadline,
                    const std::function<bool()>& done, const std::function<bool()>& give_up = {});

}  // namespace xend
