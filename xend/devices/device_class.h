// What one class of devices (vbd, vif, console ...) knows: how its elements read, which nodes it has in xenstore and
// which script makes its backend usable. A class is one file that implements DeviceClass and one line in
// device_class.cc's table. Objects have no state: every call may come from several threads at once.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "libxc-wrap/store.h"
#include "sxp/value.h"
#include "xend/devices/device_nodes.h"
#include "xend/devices/devices.h"
#include "xend/devices/script_runner.h"

namespace xend {

// How a backend is made usable and released again (spec domain-lifecycle section 10).
struct HotplugPlan {
  std::string module;                         // the backend's kernel module, for messages
  std::string script;                         // absolute path; empty: nothing to run, the backend is usable as it is
  std::vector<std::string> connect, release;  // the script's arguments
  std::map<std::string, std::string> environment;  // besides what all classes have in common
  std::vector<std::string> traces;  // backend keys of which the script has left one when there is something to release;
                                    // empty: release always
  bool release_later = false;  // the release script only tidies up after a device that is gone: nobody waits for it
};

// How the last script of a device that leaves has ended.
enum class ScriptEnd {
  kDone,           // in time and with success, or there was nothing for it to do
  kFailed,         // or was killed
  kConnectKilled,  // the script that was to connect it was killed, and left nothing that the release script could see
};

// How long a guest that has a say in a change of its devices is waited for.
struct ChangeLimits {
  const DeviceSettings& settings;
  std::function<bool()> give_up;  // says that there is no point any more; may be empty
  ScriptRunner& programs;         // runs what a new part of the device needs in dom0
};

class DeviceClass {
 public:
  virtual ~DeviceClass() = default;

  // The class's directory below DOM/device and backend/, which is "vbd" for a tap, too.
  virtual std::string_view store_class() const = 0;

  // The directory of the device's backends, where it is another one: a disk that QEMU serves is a "qdisk" there.
  virtual std::string_view back_class(const Device& device) const;

  // What of an element counts, in its usual form: see normalise_element, which is what most classes do. Throws Error.
  virtual sxp::Value normalise(const sxp::Value& config) const;

  // As Devices::complete. `device` comes with its type and the normalised element; id and whatever is missing is filled
  // in. Completing a completed element changes nothing. Throws Error.
  virtual void complete(Device& device, const std::vector<Device>& others, const DeviceSettings& settings) const = 0;

  // Throws Error when something the device needs in dom0 (an image, a block device) is not there or is somebody else's.
  virtual void check_host(xc::Store& store, const DeviceOwner& owner, const Device& device) const = 0;

  // Makes what the backend's driver will look for in dom0 besides the nodes, before these are written; `programs` runs
  // what that takes. Throws Error, and has made nothing then.
  virtual void prepare(ScriptRunner& programs, const DeviceSettings& settings, const Device& device) const;
  // Undoes it, when the nodes could not be written; once they are there, after_release does.
  virtual void unprepare(const DeviceSettings& settings, const Device& device) const noexcept;

  // The keys of the class, in addition to the common ones (spec domain-lifecycle 9.2).
  virtual DeviceKeys keys(const Device& device) const = 0;

  // The name in `Device D is already connected.` (spec domain-lifecycle 9.1).
  virtual std::string label(const Device& device) const = 0;

  // True when a client means this device by `name`, which is not its id in decimal digits.
  virtual bool goes_by(const Device& device, std::string_view name) const;

  // As Devices::reconfigure, `wanted` being normalised. Writes to the nodes and returns the element that counts from
  // then on.
  virtual sxp::Value reconfigure(xc::Store& store, const DevicePaths& paths, const Device& device,
                                 const sxp::Value& wanted, const ChangeLimits& limits) const;

  // What to run for the backend that xenstore has at `paths`; nothing for a class whose devices no driver serves and
  // nobody waits for. Reads xenstore only: it must work for devices that an earlier daemon made.
  virtual std::optional<HotplugPlan> hotplug(xc::Store& store, const DevicePaths& paths,
                                             const DeviceSettings& settings) const = 0;

  // Gives back what scripts left behind. Called after the release script, if any, while the nodes are still there.
  virtual void after_release(xc::Store& store, const DevicePaths& paths, ScriptEnd script,
                             const DeviceSettings& settings) const;

  // The element of a device as xenstore has it (spec protocols 7.5).
  virtual sxp::Value describe(xc::Store& store, const DevicePaths& paths) const = 0;
};

// A class whose devices need nothing of dom0's and no script, and which nobody waits for.
class ScriptlessClass : public DeviceClass {
 public:
  void check_host(xc::Store&, const DeviceOwner&, const Device&) const override {}
  std::string label(const Device& device) const override;
  std::optional<HotplugPlan> hotplug(xc::Store&, const DevicePaths&, const DeviceSettings&) const override {
    return std::nullopt;
  }
};

// The class for a device type. Throws Error: a type of the classic list that is not there yet, or one nobody knows.
const DeviceClass& device_class(std::string_view type);

// The same without an error: null for every type that is not there.
const DeviceClass* find_device_class(std::string_view type);

// All types that are there: "vbd", "tap", ...
std::vector<std::string_view> device_types();

// ---- elements ----

// The head and the two-item sub-elements of an element, values as text; what else is in it is dropped and of repeated
// keys the last counts (spec protocols 7.5). Throws Error for control characters, which neither xenstore nor a script
// may see.
sxp::Value normalise_element(const sxp::Value& config);

// Replaces or appends a sub-element.
void set_item(sxp::Value& element, std::string_view key, sxp::Value value);

// The text of a sub-element; "" when it is not there.
std::string item(const sxp::Value& element, std::string_view key);

// Appends (uuid U) with a random one when there is none.
void ensure_uuid(sxp::Value& element);

// Throws Error when the element asks for a backend in another domain than dom0 (key `backend`).
void check_backend(const sxp::Value& element);

// The id behind the highest of the same type: what counts up for vif and console.
unsigned next_id(std::string_view type, const std::vector<Device>& others);

}  // namespace xend
