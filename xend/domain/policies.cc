#include "xend/domain/policies.h"

#include "xend/domain/core_dump.h"
#include "xend/domain/restart.h"
#include "xend/domain/store_layout.h"
#include "xend/domain/tear_down.h"
#include "xend/error.h"
#include "xend/log.h"

namespace xend {

namespace {

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
    case xc::ShutdownReason::kWatchdog:
      return config.on_watchdog;
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

// A guest that has crashed is dumped when its configuration or the host's says so; whatever comes of it, what is done
// with it then does not change.
void dump_crashed(Host& host, const Domain& domain, xc::ShutdownReason reason, const Cancellation& cancel) {
  if (reason != xc::ShutdownReason::kCrash && reason != xc::ShutdownReason::kWatchdog) return;
  const auto action = action_for(domain.state().config, reason);
  const bool wanted = action == Action::kCoredumpDestroy || action == Action::kCoredumpRestart;
  if (!wanted && !(host.options.get()->enable_dump && reason == xc::ShutdownReason::kCrash)) return;
  try {
    write_core(host, domain, std::nullopt, cancel);
  } catch (const std::exception& e) {
    XEND_LOG(Error, "Domain {} ({}): {}", domain.name(), domain.domid().value_or(0), e.what());
  }
}

void take_action(Host& host, const std::shared_ptr<Domain>& domain, xc::ShutdownReason reason,
                 const Cancellation& cancel) {
  const auto state = domain->state();
  const auto& name = state.config.name;
  if (reason == xc::ShutdownReason::kCrash)
    XEND_LOG(Warning, "Domain has crashed: name={} id={}.", name, *state.domid);
  else
    XEND_LOG(Info, "Domain has shutdown: name={} id={} reason={}.", name, *state.domid, reason_text(reason));
  host.store.write(state.vm_path + "/xend/last_shutdown_reason", reason_text(reason));
  dump_crashed(host, *domain, reason, cancel);
  if (cancel.cancelled()) return;  // somebody destroys it, and waits for us to let go
  switch (action_for(state.config, reason)) {
    case Action::kPreserve:
      return preserve(host, domain);
    case Action::kRestart:
    case Action::kCoredumpRestart:
      return restart_domain(host, domain, DeadDomain::kDestroyed);
    case Action::kRenameRestart:
      return restart_domain(host, domain, DeadDomain::kKept);
    case Action::kCoredumpDestroy:
    case Action::kDestroy:
      return tear_down(host, domain);
  }
}

}  // namespace

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
      take_action(host, domain, info->reason, operation.cancellation());
    }
  } catch (const std::exception& e) {
    if (domain->busy().empty())
      XEND_LOG(Error, "Failed to restart domain {} ({}): {}", domain->state().config.name, *domid, e.what());
  }
}

}  // namespace xend
