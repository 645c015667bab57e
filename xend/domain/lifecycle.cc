#include "xend/domain/lifecycle.h"

#include <cerrno>

#include "xend/domain/construction.h"
#include "xend/domain/linux_as_pvh.h"
#include "xend/domain/managed.h"
#include "xend/domain/shutdown_timer.h"
#include "xend/domain/store_layout.h"
#include "xend/domain/suspend.h"
#include "xend/domain/tear_down.h"
#include "xend/error.h"
#include "xend/log.h"

namespace xend {

std::shared_ptr<Domain> create_domain(Host& host, const sxp::Value& config) {
  auto parsed = DomainConfig::parse(config);
  prefer_pvh(host, parsed);
  refuse_suspended(host, parsed.uuid);
  Construction construction(host, std::move(parsed));
  construction.make_shell();
  construction.build();
  construction.introduce();
  return construction.keep();
}

void wait_for_devices(const Domain& domain) {
  if (const auto connecting = domain.connecting(); connecting.valid()) connecting.get();
}

void let_run(Host& host, const std::shared_ptr<Domain>& domain, bool paused, const std::function<void()>& before) {
  try {
    wait_for_devices(*domain);
    if (before) before();
    if (!paused) unpause_domain(host, *domain);
  } catch (const std::exception&) {
    destroy_domain(host, domain);
    throw;
  }
}

void require_ours(const Domain& domain, const char* verb) {
  const auto state = domain.state();
  if (state.domid == xc::DomId{0}) throw Error(fmt::format("Cannot {} privileged domain {}", verb, state.name));
  if (state.foreign)
    throw Error(fmt::format("Domain {} was made by another toolstack, so xend does not {} it: use that one (xl?).",
                            state.name, verb));
}

namespace {

// As Xen numbers it; a halt is a poweroff.
xc::ShutdownReason reason_of(const std::string& reason) {
  if (reason == "reboot") return xc::ShutdownReason::kReboot;
  if (reason == "suspend") return xc::ShutdownReason::kSuspend;
  return reason == "crash" ? xc::ShutdownReason::kCrash : xc::ShutdownReason::kPoweroff;
}

// A domain that stayed suspended because nobody could say whether its copy runs: somebody has looked, and it does not.
void go_on_after_migration(Host& host, Domain& domain) {
  const auto operation = domain.begin("unpaused");
  host.domains.rename(domain.shared_from_this(), domain.state().config.name);
  write_name(host.store, domain.state());
  resume_guest(host, domain);
}

void unpause_once(Host& host, xc::DomId domid) {
  try {
    host.xen.unpause(domid);
  } catch (const xc::Error& e) {
    if (e.error() != EINVAL) throw;  // so does Xen say that another client was faster
  }
}

}  // namespace

void pause_domain(Host& host, Domain& domain) {
  if (domain.domid() == xc::DomId{0}) require_ours(domain, "pause");
  const auto domid = domain.running_domid();
  // Xen counts pauses, and people do not: they type it twice and expect one `xm unpause` to do.
  if (const auto info = host.xen.domain(domid); info && info->paused) return;
  host.xen.pause(domid);
  XEND_LOG(Info, "Domain {} ({}) paused.", domain.name(), domid);
}

void unpause_domain(Host& host, Domain& domain) {
  if (domain.domid() == xc::DomId{0}) require_ours(domain, "unpause");
  const auto domid = domain.running_domid();
  if (const auto why = domain.state().held_because; !why.empty()) throw Error(why);
  const auto info = host.xen.domain(domid);
  if (info && info->shutdown && info->reason == xc::ShutdownReason::kSuspend && domain.busy().empty())
    return go_on_after_migration(host, domain);
  // It may have been paused more than once, by us or by others. Running already is what was wanted.
  for (auto now = info; now && now->paused; now = host.xen.domain(domid)) unpause_once(host, domid);
  XEND_LOG(Info, "Domain {} ({}) unpaused.", domain.name(), domid);
}

void shut_down_domain(Host& host, Domain& domain, const std::string& reason) {
  if (domain.domid() == xc::DomId{0}) throw Error("Domain 0 cannot be shutdown");
  const auto domid = domain.domid();
  if (!domid) throw Error("Domain cannot be shutdown");
  if (reason != "poweroff" && reason != "reboot" && reason != "suspend" && reason != "halt" && reason != "crash")
    throw Error(fmt::format("Invalid reason: {}", reason));
  if (lacks_drivers(host, domain)) {
    XEND_LOG(Info, "HVM save:remote shutdown dom {}!", *domid);
    host.xen.shutdown(*domid, reason_of(reason));
  } else {
    host.store.write(domain_path(*domid) + "/control/shutdown", reason);
  }
  XEND_LOG(Info, "Domain {} ({}) asked to shut down: {}.", domain.name(), *domid, reason);
  begin_shutdown_timer(host, domain);
}

void destroy_domain(Host& host, const std::shared_ptr<Domain>& domain) {
  require_ours(*domain, "destroy");
  if (domain->state().dormant) return;  // as ever: there is nothing to destroy, and its configuration stays
  const auto operation = domain->begin_after_cancelling("destroyed");
  XEND_LOG(Debug, "Destroying {} ({}) ...", domain->name(), domain->domid().value_or(0));
  tear_down(host, domain);
}

void rename_domain(Host& host, const std::shared_ptr<Domain>& domain, const std::string& name) {
  require_ours(*domain, "rename");
  check_name(name);
  const auto operation = domain->begin("renamed");
  host.domains.rename(domain, name);
  domain->update([&](DomainState& s) { s.config.name = name; });
  const auto state = domain->state();
  if (state.domid) write_name(host.store, state);
  remember_change(host, *domain);
}

void device_model_died(Host& host, xc::DomId domid, const std::string& what) noexcept {
  try {
    const auto domain = host.domains.by_domid(domid);
    const std::string name = domain ? domain->name() : std::to_string(domid);
    XEND_LOG(Error, "domain {} ({}): device model failure: {}.", name, domid, what);
    const auto info = host.xen.domain(domid);
    if (info && !info->shutdown && !info->dying) host.xen.shutdown(domid, xc::ShutdownReason::kCrash);
  } catch (const std::exception& e) {
    XEND_LOG(Error, "Domain {}, which has lost its device model, could not be stopped: {}", domid, e.what());
  }
}

void begin_stop_actions(Host& host) noexcept {
  for (const auto& domain : host.domains.all()) {
    const auto state = domain->state();
    if (!state.domid || *state.domid == 0 || state.foreign) continue;
    try {
      if (state.config.on_xend_stop == "shutdown") {
        XEND_LOG(Info, "Shutting down domain: {} ({})", state.name, *state.domid);
        shut_down_domain(host, *domain, "poweroff");
      } else if (state.config.on_xend_stop == "suspend") {
        XEND_LOG(Info, "Suspending domain: {} ({})", state.name, *state.domid);
        suspend_domain(host, domain);
      } else {
        XEND_LOG(Debug, "Domain {} ({}) continues to run.", state.name, *state.domid);
      }
    } catch (const std::exception& e) {
      XEND_LOG(Error, "Domain {} ({}) failed to {}: {}", state.name, *state.domid, state.config.on_xend_stop, e.what());
    }
  }
}

void send_sysrq(Host& host, Domain& domain, char key) {
  host.store.write(domain_path(domain.running_domid()) + "/control/sysrq", std::string(1, key));
}

}  // namespace xend
