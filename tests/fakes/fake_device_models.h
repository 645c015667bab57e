// Device models that are only remembered: which run, what was asked of them, and which USB devices each has. One that
// takes over a state with other USB devices than its own does not start, as QEMU would not.
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "xend/build/device_models.h"

namespace fakes {

class FakeDeviceModels final : public xend::DeviceModels {
 public:
  void start(const xend::DeviceModelPlan& plan, const std::string& state, const Started& started) override;
  void adopt(xc::DomId domid, const std::string& name, const xend::DeviceModelProcess& process) override;
  bool runs(xc::DomId domid) const override;
  void stop(xc::DomId domid) noexcept override;
  void log_dirty(xc::DomId domid, bool on) override;
  void halt(xc::DomId domid) override;
  void go_on(xc::DomId domid) override;
  void add_usb(xc::DomId domid, const xend::UsbDevice& device) override;
  bool has_usb(xc::DomId domid, const xend::UsbDevice& device) override;
  void remove_usb(xc::DomId domid, const xend::UsbDevice& device) override;
  void save_state(xc::DomId domid, const std::string& path) override;

  // ---- for tests ----

  // "start 5", "halt 5" ... in order; also for the ones of a domain that has none, except stop.
  std::vector<std::string> asked() const;
  void die_when_asked(const std::string& what) { dies_at_ = what; }  // nobody is told of it
  std::string state_of(xc::DomId domid) const;                       // what it began with; "" for one that began anew
  std::string usb_of(xc::DomId domid) const;                         // "1:tablet 2:mouse"
  // Such a USB device is plugged in and found to be none: add_usb throws, has_usb says that it is there.
  void cannot_take(const std::string& name) { refuses_ = name; }

 private:
  void note(const std::string& what, xc::DomId domid);
  void ask(const std::string& what, xc::DomId domid);

  mutable std::mutex mutex_;
  std::map<xc::DomId, std::string> running_;                  // with the state that each came from
  std::map<xc::DomId, std::map<unsigned, std::string>> usb_;  // what is at each port
  std::vector<std::string> asked_;
  std::string dies_at_, refuses_;
};

}  // namespace fakes
