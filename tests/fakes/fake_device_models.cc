#include "tests/fakes/fake_device_models.h"

#include <fstream>
#include <sstream>

#include "xend/error.h"

namespace fakes {

void FakeDeviceModels::note(const std::string& what, xc::DomId domid) {
  asked_.push_back(what + " " + std::to_string(domid));
}

void FakeDeviceModels::ask(const std::string& what, xc::DomId domid) {
  note(what, domid);
  if (what == dies_at_) running_.erase(domid);
  if (!running_.contains(domid)) throw xend::Error("the device model does not answer");
}

void FakeDeviceModels::start(const xend::DeviceModelPlan& plan, const std::string& state, const Started& started) {
  {
    const std::lock_guard lock(mutex_);
    std::ostringstream content;
    if (!state.empty()) content << std::ifstream(state).rdbuf();
    running_[plan.domid] = content.str();
  }
  started({4242, 1});
  const std::lock_guard lock(mutex_);
  ask("start", plan.domid);
}

void FakeDeviceModels::adopt(xc::DomId domid, const std::string&, const xend::DeviceModelProcess&) {
  const std::lock_guard lock(mutex_);
  note("adopt", domid);
  running_[domid];
}

void FakeDeviceModels::stop(xc::DomId domid) noexcept {
  const std::lock_guard lock(mutex_);
  if (running_.erase(domid) != 0) note("stop", domid);
}

void FakeDeviceModels::log_dirty(xc::DomId domid, bool on) {
  const std::lock_guard lock(mutex_);
  note(on ? "log_dirty" : "log_clean", domid);
}

void FakeDeviceModels::halt(xc::DomId domid) {
  const std::lock_guard lock(mutex_);
  note("halt", domid);
}

void FakeDeviceModels::go_on(xc::DomId domid) {
  const std::lock_guard lock(mutex_);
  ask("go_on", domid);
}

void FakeDeviceModels::add_usb(xc::DomId domid, const xend::UsbDevice& device) {
  const std::lock_guard lock(mutex_);
  ask("add " + device.id, domid);
}

void FakeDeviceModels::remove_usb(xc::DomId domid, const xend::UsbDevice& device) {
  const std::lock_guard lock(mutex_);
  ask("remove " + device.id, domid);
}

void FakeDeviceModels::save_state(xc::DomId domid, const std::string& path) {
  const std::lock_guard lock(mutex_);
  ask("save_state", domid);
  std::ofstream(path) << "devices of " << domid;
}

std::vector<std::string> FakeDeviceModels::asked() const {
  const std::lock_guard lock(mutex_);
  return asked_;
}

bool FakeDeviceModels::runs(xc::DomId domid) const {
  const std::lock_guard lock(mutex_);
  return running_.contains(domid);
}

std::string FakeDeviceModels::state_of(xc::DomId domid) const {
  const std::lock_guard lock(mutex_);
  const auto found = running_.find(domid);
  return found == running_.end() ? "" : found->second;
}

}  // namespace fakes
