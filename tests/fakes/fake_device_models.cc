#include "tests/fakes/fake_device_models.h"

#include <algorithm>
#include <fstream>
#include <sstream>

#include "xend/error.h"

namespace fakes {
namespace {

const std::string kUsb = " usb ";

std::string usb_text(const std::map<unsigned, std::string>& ports) {
  std::string text;
  for (const auto& [port, name] : ports) text += (text.empty() ? "" : " ") + std::to_string(port) + ":" + name;
  return text;
}

}  // namespace

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
    auto& usb = usb_[plan.domid];
    usb.clear();
    for (const auto& device : plan.usb_devices) usb.emplace(device.port, device.name);
    std::string saved = content.str();
    saved.erase(0, std::min(saved.find(kUsb), saved.size()));
    if (!saved.empty() && saved != kUsb + usb_text(usb))
      throw xend::Error("Unknown savevm section: the state has" + saved + ", the machine has" + kUsb + usb_text(usb));
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

// As QEMU does it: one device a port; what it has done before it stops answering stays done.
void FakeDeviceModels::add_usb(xc::DomId domid, const xend::UsbDevice& device) {
  const std::lock_guard lock(mutex_);
  if (!usb_[domid].emplace(device.port, device.name).second) throw xend::Error("the port is not free");
  ask("add " + device.id(), domid);
  if (device.name == refuses_) throw xend::Error("the device model cannot take " + device.name);
}

bool FakeDeviceModels::has_usb(xc::DomId domid, const xend::UsbDevice& device) {
  const std::lock_guard lock(mutex_);
  ask("has " + device.id(), domid);
  return usb_[domid].contains(device.port);
}

void FakeDeviceModels::remove_usb(xc::DomId domid, const xend::UsbDevice& device) {
  const std::lock_guard lock(mutex_);
  ask("remove " + device.id(), domid);
  if (usb_[domid].erase(device.port) == 0) throw xend::Error("the device is not there");
}

std::string FakeDeviceModels::usb_of(xc::DomId domid) const {
  const std::lock_guard lock(mutex_);
  const auto found = usb_.find(domid);
  return found == usb_.end() ? "" : usb_text(found->second);
}

void FakeDeviceModels::save_state(xc::DomId domid, const std::string& path) {
  const std::lock_guard lock(mutex_);
  ask("save_state", domid);
  std::ofstream(path) << "devices of " << domid << (usb_[domid].empty() ? "" : kUsb + usb_text(usb_[domid]));
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
