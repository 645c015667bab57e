#include "xend/domain/policies.h"

#include <chrono>

#include "xend/domain/construction.h"
#include "xend/domain/lifecycle.h"
#include "xend/domain/store_layout.h"
#include "xend/domain/tear_down.h"
#include "xend/error.h"
#include "xend/log.h"

namespace xend {

namespace {

constexpr double kShortestUptime = 60;  // seconds

const char* reason_text(xc::ShutdownReason reason) {
  switch (reason) {
    case xc::ShutdownReason::kPoweroff:
      return "poweroff";
    case xc::ShutdownReason::kReboot:
      return "reboot";
    case xc::ShutdownReason::kSuspend:
      return "suspend";
    case xc::ShutdownReason::kCrash:
      return "crash";
    case xc::ShutdownReason::kWatchdog:
      return "halt";
    default:
      return "?";
  }
}

Action action_for(const DomainConfig& config, xc::ShutdownReason reason) {
  switch (reason) {
    case xc::ShutdownReason::kPoweroff:
      return config.on_poweroff;
    case xc::ShutdownReason::kReboot:
      return config.on_reboot;
    case xc::ShutdownReason::kCrash:
      return config.on_crash;
    default:
      return Action::kDestroy;
  }
}

void preserve(Host& host, const std::shared_ptr<Domain>& domain) {
  const auto state = domain->state();
  XEND_LOG(Info, "Preserving dead domain {} ({}).", state.config.name, *state.domid);
  host.store.write(domain_path(*state.domid) + "/xend/shutdown_completed", "True");
  domain->update([](DomainState& s) { s.preserved = true; });
  host.running_state.remember(domain->state());
}

void take_action(Host& host, const std::shared_ptr<Domain>& domain, xc::ShutdownReason reason) {
  const auto state = domain->state();
  const auto& name = state.config.name;
  if (reason == xc::ShutdownReason::kCrash)
    XEND_LOG(Warning, "Domain has crashed: name={} id={}.", name, *state.domid);
  else
    XEND_LOG(Info, "Domain has shutdown: name={} id={} reason={}.", name, *state.domid, reason_text(reason));
  switch (action_for(state.config, reason)) {
    case Action::kPreserve:
      return preserve(host, domain);
    case Action::kRestart:
      return restart_domain(host, domain);
    case Action::kRenameRestart:
    case Action::kCoredumpRestart:
      XEND_LOG(Warning,
               "Domain {} ({}) is restarted without a copy or core dump being kept: these are not available in this "
               "release yet.",
               name, *state.domid);
      return restart_domain(host, domain);
    case Action::kCoredumpDestroy:
      XEND_LOG(Warning, "Domain {} ({}) is destroyed without a core dump: these are not available in this release yet.",
               name, *state.domid);
      [[fallthrough]];
    case Action::kDestroy:
      return tear_down(host, domain);
  }
}

}  // namespace

void restart_domain(Host& host, const std::shared_ptr<Domain>& domain) {
  auto state = domain->state();
  const auto now = std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
  const auto uptime = now - state.start_time;
  if (uptime < kShortestUptime) {
    XEND_LOG(Error, "VM {} restarting too fast (Elapsed time: {:.6f} seconds). Refusing to restart to avoid loops.",
             state.config.name, uptime);
    return tear_down(host, domain);
  }
  auto config = state.config;
  config.device_elements.clear();
  for (const auto& device : config.devices) config.device_elements.push_back(device.config);
  config.devices.clear();
  tear_down(host, domain);

  Construction construction(host, std::move(config));
  construction.domain()->update([&](DomainState& s) { s.restart_count = state.restart_count + 1; });
  construction.make_shell();
  construction.build();
  construction.introduce();
  const auto restarted = construction.keep();
  try {
    wait_for_devices(*restarted);
    unpause_domain(host, *restarted);
  } catch (const std::exception&) {
    destroy_domain(host, restarted);
    throw;
  }
}

void act_on_shutdown(Host& host, const std::shared_ptr<Domain>& domain) noexcept {
  const auto domid = domain->domid();
  if (!domid) return;
  try {
    auto operation = domain->begin("shut down");  // throws when somebody else is busy with it
    const auto info = host.xen.domain(*domid);
    const auto state = domain->state();
    if (!info || info->dying || info->handle != state.config.uuid) {
      XEND_LOG(Info, "Domain {} ({}) is gone.", state.config.name, *domid);
      tear_down(host, domain);
    } else if (info->shutdown && info->reason != xc::ShutdownReason::kSuspend && !state.preserved) {
      take_action(host, domain, info->reason);
    }
  } catch (const std::exception& e) {
    if (domain->busy().empty())
      XEND_LOG(Error, "Failed to restart domain {} ({}): {}", domain->state().config.name, *domid, e.what());
  }
}

}  // namespace xend
