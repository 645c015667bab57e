// The device models of domains: one QEMU each, for those that need one. A small interface, so that tests can bring a
// fake; QemuDeviceModels (qemu_device_models.h) runs the real ones.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "libxc-wrap/types.h"
#include "xend/build/device_model_plan.h"

namespace xend {

// By what a device model is found again by the daemon after this one: its process, and when that was started, because
// numbers of processes are used again.
struct DeviceModelProcess {
  int pid = 0;                   // 0: there is none
  std::uint64_t started_at = 0;  // in the kernel's clock ticks since boot, /proc/PID/stat
};

class DeviceModels {
 public:
  virtual ~DeviceModels() = default;

  // Starts one and returns when it is ready for the guest to run. `state`: the file with the state of an earlier one
  // that it takes over; "": it begins anew. `started` is called as soon as the process is there, to be noted. Throws
  // Error with the end of QEMU's own words; then nothing runs.
  using Started = std::function<void(const DeviceModelProcess&)>;
  virtual void start(const DeviceModelPlan& plan, const std::string& state, const Started& started) = 0;

  // Takes over one that an earlier daemon started, and lets it go on if that one had halted it. One that is no more is
  // what a death is, see below. Throws std::system_error when it cannot be watched.
  virtual void adopt(xc::DomId domid, const std::string& name, const DeviceModelProcess& process) = 0;

  // Whether the domain has one that lives.
  virtual bool runs(xc::DomId domid) const = 0;

  // Ends it: asked, and after some seconds killed. Nothing happens when there is none.
  virtual void stop(xc::DomId domid) noexcept = 0;

  // Whether it notes which pages of the guest it writes, for a live save. Throws Error.
  virtual void log_dirty(xc::DomId domid, bool on) = 0;

  // Stops the machine, which is to be done once the guest is suspended; lets it go on. Throw Error.
  virtual void halt(xc::DomId domid) = 0;
  virtual void go_on(xc::DomId domid) = 0;

  // Plugs a USB device in at its port while the machine runs. Throws Error, also when this host has no such device;
  // has_usb says whether it is plugged in then.
  virtual void add_usb(xc::DomId domid, const UsbDevice& device) = 0;

  // Whether it is plugged in at its port. Throws Error when that cannot be known.
  virtual bool has_usb(xc::DomId domid, const UsbDevice& device) = 0;

  // Pulls it out. Throws Error, also when it is not plugged in.
  virtual void remove_usb(xc::DomId domid, const UsbDevice& device) = 0;

  // Writes the state of a halted machine to the file `path`, which must not be there. Throws Error.
  virtual void save_state(xc::DomId domid, const std::string& path) = 0;
};

}  // namespace xend
