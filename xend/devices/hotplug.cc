#include "xend/devices/hotplug.h"

#include <fmt/format.h>

#include <algorithm>
#include <sstream>

#include "xend/error.h"
#include "xend/helpers/helpers.h"
#include "xend/log.h"

namespace xend {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::string_view kGivenUp = "It was given up: the domain is to end.";

class Connecting {
 public:
  Connecting(xc::Store& store, ScriptRunner& scripts, const DeviceSettings& settings, const DevicePaths& paths,
             const HotplugPlan& plan, const Cancellation* cancel)
      : store_(store), scripts_(scripts), settings_(settings), paths_(paths), plan_(plan), cancel_(cancel) {}

  void run() {
    if (status() == "connected") return;
    const auto deadline = Clock::now() + settings_.create_timeout;
    wait_for_driver();
    if (plan_.script.empty()) {
      store_.write(paths_.back + "/hotplug-status", "connected");
      return;
    }
    run_script(deadline);
    judge(status());
  }

 private:
  std::string status() { return read_or_empty(store_, paths_.back + "/hotplug-status"); }

  bool cancelled() const { return cancel_ != nullptr && cancel_->cancelled(); }

  std::function<bool()> give_up() const {
    return cancel_ == nullptr ? std::function<bool()>() : [this] { return cancelled(); };
  }

  bool gone() { return !store_.read(paths_.index + "/backend"); }

  // `separator` is what the classic texts have before the reason.
  [[noreturn]] void fail(const std::string& reason, char separator = ' ') { throw Error(text(reason, separator)); }

  std::string text(const std::string& reason, char separator) const {
    return fmt::format("Device {} could not be connected.{}{}", paths_.name(), separator, reason);
  }

  void wait_for_driver() {
    XenbusState state = XenbusState::kUnknown;
    const bool moved = wait_for_nodes(
        store_, {paths_.back + "/state", paths_.index}, Clock::now() + settings_.backend_timeout,
        [&] {
          state = read_state(store_, paths_.back);
          return state >= XenbusState::kInitWait || gone();
        },
        give_up());
    if (!moved && cancelled()) fail(std::string(kGivenUp));
    if (moved && gone()) fail("Device not found.");
    if (state == XenbusState::kInitWait || state == XenbusState::kInitialised || state == XenbusState::kConnected)
      return;
    const std::string complaint = read_or_empty(store_, paths_.errors + "/error");
    if (!complaint.empty()) fail(fmt::format("Backend device not found: {}", complaint));
    fail(fmt::format(
        "Backend device not found: no driver took it up within {} s. Its module may not be loaded: modprobe {}",
        seconds(settings_.backend_timeout), plan_.module));
  }

  void run_script(Clock::time_point deadline) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
    const auto limit = std::max(std::chrono::milliseconds(1), left);
    ScriptResult result;
    try {
      result = run_hotplug_script(scripts_, paths_, plan_, plan_.connect, limit, true, cancel_ ? cancel_->fd() : -1);
    } catch (const Error& e) {
      fail(e.what());
    }
    if (result.timed_out && cancelled()) throw ScriptKilled(text(std::string(kGivenUp), ' '));
    if (result.timed_out && status().empty()) {
      throw ScriptKilled(
          text(fmt::format("Hotplug scripts not working. {} did not end within {} s (device-create-timeout).",
                           plan_.script, settings_.create_timeout.count()),
               ' '));
    }
    // A script may leave the last step to something it started, as long as it does not say that it failed.
    const bool settled = result.status != 0 || wait_for_status(deadline);
    if (!settled && cancelled()) fail(std::string(kGivenUp));
    if (gone()) fail("Device not found.");
    if (settled && !status().empty()) return;
    fail(fmt::format("Hotplug scripts not working. {} ended with status {} and did not say whether it worked{}",
                     plan_.script, result.status,
                     result.output.empty() ? "." : fmt::format(": {}", last_line(result.output))));
  }

  bool wait_for_status(Clock::time_point deadline) {
    return wait_for_nodes(
        store_, {paths_.back + "/hotplug-status", paths_.index}, deadline, [&] { return !status().empty() || gone(); },
        give_up());
  }

  void judge(const std::string& verdict) {
    std::string reason = read_or_empty(store_, paths_.back + "/hotplug-error");
    // Xen's scripts say this when a command of theirs failed, and have sent its words to that file.
    if (reason.ends_with("error detected."))
      reason += "\nWhat went wrong is at the end of /var/log/xen/xen-hotplug.log.";
    if (verdict == "error") fail(reason.empty() ? "Backend device not found." : reason);
    if (verdict == "busy") fail(reason.empty() ? "Busy." : reason, '\n');
  }

  static std::string seconds(std::chrono::milliseconds time) {
    return fmt::format("{:g}", std::chrono::duration<double>(time).count());
  }

  static std::string last_line(std::string text) {
    while (text.ends_with('\n')) text.pop_back();
    const auto newline = text.rfind('\n');
    return newline == std::string::npos ? text : text.substr(newline + 1);
  }

  xc::Store& store_;
  ScriptRunner& scripts_;
  const DeviceSettings& settings_;
  const DevicePaths& paths_;
  const HotplugPlan& plan_;
  const Cancellation* cancel_;
};

}  // namespace

void connect_backend(xc::Store& store, ScriptRunner& scripts, const DeviceSettings& settings, const DevicePaths& paths,
                     const HotplugPlan& plan, const Cancellation* cancel) {
  Connecting(store, scripts, settings, paths, plan, cancel).run();
}

ScriptResult run_hotplug_script(ScriptRunner& scripts, const DevicePaths& paths, const HotplugPlan& plan,
                                const std::vector<std::string>& arguments, std::chrono::milliseconds limit,
                                bool hurried, int stop) {
  ScriptCall call{plan.script, arguments, plan.environment, stop, hurried};
  call.environment.insert({{"PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"},
                           {"script", plan.script},
                           {"XENBUS_TYPE", paths.store_type},
                           {"XENBUS_PATH", paths.xenbus()},
                           {"XENBUS_BASE_PATH", "backend"}});
  const ScriptResult result = scripts.run(call, limit);

  const std::string command = fmt::format("{} {} for device {} of domain {}", plan.script, fmt::join(arguments, " "),
                                          paths.name(), paths.domid);
  if (result.timed_out) {
    XEND_LOG(Error, "{}: killed; it had {} ms.", command, limit.count());
  } else if (result.status != 0) {
    XEND_LOG(Warning, "{}: exit status {}.", command, result.status);
  } else {
    XEND_LOG(Debug, "{}: done.", command);
  }
  std::istringstream lines(result.output);
  for (std::string line; std::getline(lines, line);) XEND_LOG(Debug, "{}: {}", plan.script, line);
  return result;
}

bool wait_for_nodes(xc::Store& store, const std::vector<std::string>& paths, xc::Deadline deadline,
                    const std::function<bool()>& done, const std::function<bool()>& give_up) {
  const auto watch = store.watch();
  for (const std::string& path : paths) watch->add(path, path);
  while (!done()) {
    if (give_up && give_up()) return false;
    const auto until = give_up ? std::min(deadline, Clock::now() + std::chrono::milliseconds(200)) : deadline;
    if (!watch->wait(until) && Clock::now() >= deadline) return done();
  }
  return true;
}

}  // namespace xend
