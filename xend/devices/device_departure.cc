#include "xend/devices/device_departure.h"

#include <algorithm>
#include <filesystem>

#include "xend/devices/hotplug.h"
#include "xend/error.h"
#include "xend/log.h"

namespace xend {

DeviceDeparture::DeviceDeparture(xc::Store& store, ScriptRunner& scripts, const DeviceSettings& settings,
                                 DevicePaths paths, const DeviceClass* device_class)
    : store_(store), scripts_(scripts), settings_(settings), paths_(std::move(paths)), class_(device_class) {
  if (class_ != nullptr) plan_ = class_->hotplug(store_, paths_, settings_);
  const XenbusState state = read_state(store_, paths_.back);
  served_ = plan_ && state != XenbusState::kUnknown && state != XenbusState::kInitialising;
}

void DeviceDeparture::announce(xc::Store& transaction, bool without_guest) {
  const XenbusState state = read_state(transaction, paths_.back);
  if (state != XenbusState::kUnknown) {
    transaction.write(paths_.back + "/online", "0");
    if (state != XenbusState::kClosed) {
      transaction.write(paths_.back + "/state", std::to_string(static_cast<int>(XenbusState::kClosing)));
    }
  }
  if (without_guest) end_front(transaction);
}

// The driver watches the frontend's state, and lets go when that is gone or says closed. But xenstored takes the nodes
// that a guest owned away when the guest dies, without telling anybody: then a state is written for the driver to see.
void DeviceDeparture::end_front(xc::Store& transaction) {
  front_made_ = !closed() && !transaction.read(paths_.front);
  if (front_made_) {
    transaction.write(paths_.front + "/state", std::to_string(static_cast<int>(XenbusState::kClosed)));
  } else {
    transaction.remove(paths_.front);
  }
}

// A driver that saw the frontend go before anybody said that the backend is to close has let go without closing it.
bool DeviceDeparture::driver_gone() const {
  std::error_code ignored;
  const std::filesystem::path dir = settings_.served_dir;
  return std::filesystem::exists(dir, ignored) && !std::filesystem::exists(dir / paths_.driver_entry(), ignored);
}

bool DeviceDeparture::closed() const {
  if (!served_ || driver_gone()) return true;
  const XenbusState state = read_state(store_, paths_.back);
  return state == XenbusState::kClosed || state == XenbusState::kUnknown;
}

bool DeviceDeparture::script_has_work() const {
  if (!plan_ || plan_->script.empty()) return false;
  const auto there = [&](const std::string& key) { return store_.read(paths_.back + "/" + key).has_value(); };
  if (!plan_->traces.empty()) return std::any_of(plan_->traces.begin(), plan_->traces.end(), there);
  return served_ || there("hotplug-status");
}

bool DeviceDeparture::may_finish_later() const {
  return plan_ && plan_->release_later && script_has_work();
}

void DeviceDeparture::leave() {
  store_.transaction([&](xc::Store& t) {
    if (front_made_)
      remove_and_tidy(t, paths_.front, "/local/domain");
    else
      t.remove(paths_.front);
    if (!paths_.index.empty()) remove_and_tidy(t, paths_.index, paths_.vm);
    t.write(paths_.back + "/" + kLeaving, "1");
  });
  front_made_ = false;
  left_ = true;
  paths_.index.clear();  // another device's, from now on
}

ScriptEnd DeviceDeparture::run_script() {
  try {
    const ScriptResult result =
        run_hotplug_script(scripts_, paths_, *plan_, plan_->release, settings_.destroy_timeout, !left_);
    return result.timed_out || result.status != 0 ? ScriptEnd::kFailed : ScriptEnd::kDone;
  } catch (const Error& e) {
    XEND_LOG(Error, "Device {} of domain {}: {}", paths_.name(), paths_.domid, e.what());
    return ScriptEnd::kFailed;
  }
}

void DeviceDeparture::finish(bool connect_killed) {
  ScriptEnd script = connect_killed ? ScriptEnd::kConnectKilled : ScriptEnd::kDone;
  if (script_has_work()) script = run_script();
  if (class_ != nullptr) class_->after_release(store_, paths_, script, settings_);
  store_.transaction([&](xc::Store& t) {
    remove_nodes(t, paths_);
    if (front_made_) remove_and_tidy(t, paths_.front, "/local/domain");
  });
}

bool wait_closed(xc::Store& store, const std::vector<DeviceDeparture>& departures, xc::Deadline deadline,
                 const std::function<bool()>& give_up) {
  std::vector<std::string> states;
  for (const DeviceDeparture& d : departures) states.push_back(d.paths().back + "/state");
  const auto closed = [&] {
    return std::all_of(departures.begin(), departures.end(), [](const DeviceDeparture& d) { return d.closed(); });
  };
  return wait_for_nodes(store, states, deadline, closed, give_up);
}

}  // namespace xend
