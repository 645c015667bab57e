#include "xend/domain/managed.h"

#include "xend/domain/at_rest.h"
#include "xend/domain/construction.h"
#include "xend/domain/domain_sxp.h"
#include "xend/domain/lifecycle.h"
#include "xend/domain/linux_as_pvh.h"
#include "xend/domain/save.h"
#include "xend/domain/tear_down.h"
#include "xend/error.h"
#include "xend/log.h"

namespace xend {

namespace {

bool is_suspended(Host& host, const DomainState& state) {
  return state.dormant && host.managed.has_checkpoint(state.config.uuid);
}

// A checkpoint beside a domain that Xen has. The daemon before this one may have ended between writing it and
// destroying the domain; any other is of a time that the guest has left behind.
void settle_checkpoint(Host& host, const std::shared_ptr<Domain>& domain) {
  const auto state = domain->state();
  if (!host.managed.has_checkpoint(state.config.uuid)) return;
  const auto info = host.xen.domain(*state.domid);
  if (info && info->shutdown && info->reason == xc::ShutdownReason::kSuspend) {
    XEND_LOG(Info, "Domain {} ({}) had been suspended when xend ended: its image is whole.", state.config.name,
             *state.domid);
    tear_down(host, domain);
  } else {
    XEND_LOG(Warning, "Domain {} ({}) runs: the image of its last suspension is removed.", state.config.name,
             *state.domid);
    host.managed.remove_checkpoint(state.config.uuid);
  }
}

std::shared_ptr<Domain> with_uuid(Host& host, const xc::Uuid& uuid) {
  return host.domains.find(uuid.to_string());
}

void take_up(Host& host, DomainConfig config) {
  const auto running = with_uuid(host, config.uuid);
  if (!running) {
    host.domains.insert(at_rest(host, std::move(config)));
    return;
  }
  if (running->domid() == xc::DomId{0} || running->state().foreign)
    throw Error(fmt::format("domain {}, which is not xend's, has its UUID", running->name()));
  running->update([](DomainState& s) { s.managed = true; });
  settle_checkpoint(host, running);
}

}  // namespace

void refuse_suspended(Host& host, const xc::Uuid& uuid) {
  if (!host.managed.has_checkpoint(uuid)) return;
  const auto domain = with_uuid(host, uuid);
  if (domain && !domain->state().dormant) return;  // the table refuses it
  throw Error(fmt::format("The managed domain {} is suspended: xm resume lets it go on.",
                          domain ? domain->name() : uuid.to_string()));
}

void remember_change(Host& host, const Domain& domain) {
  const auto state = domain.state();
  if (state.domid) host.running_state.remember_now(domain);
  if (!state.managed) return;
  host.managed.save([&] {
    auto config = domain.state().config;
    config.image.notes.clear();  // of the kernel that runs now
    return config;
  });
}

void define_domain(Host& host, const sxp::Value& config) {
  auto parsed = DomainConfig::parse(config);
  refuse_suspended(host, parsed.uuid);
  for (const auto& element : parsed.device_elements)  // what cannot be is refused now rather than at the start
    parsed.devices.push_back(host.devices.complete(element, parsed.devices, parsed.type));
  parsed.device_elements.clear();
  const auto domain = at_rest(host, std::move(parsed));
  const auto replaced = host.domains.insert(domain);
  try {
    host.managed.define(domain->state().config);
  } catch (const Error&) {
    replaced ? host.domains.replace(domain, replaced) : void(host.domains.erase(domain));
    throw;
  }
  XEND_LOG(Info, "Creating new managed domain: {} ({})", domain->name(), domain->uuid().to_string());
}

void start_domain(Host& host, const std::shared_ptr<Domain>& domain, bool paused) {
  const auto state = domain->state();
  if (is_suspended(host, state))
    throw Error(fmt::format("Domain is already running\n{} is suspended: xm resume lets it go on.", state.name));
  if (!state.dormant) throw Error("Domain is already running");
  auto config = to_be_started(state.config);
  prefer_pvh(host, config);
  Construction construction(host, std::move(config));
  construction.make_shell();
  construction.build();
  construction.introduce();
  let_run(host, construction.keep(), paused);
}

void suspend_domain(Host& host, const std::shared_ptr<Domain>& domain) {
  require_ours(*domain, "suspend");
  const auto state = domain->state();
  const auto info = state.domid ? host.xen.domain(*state.domid) : std::nullopt;
  if (power_state(info) != PowerState::kRunning) throw Error("Domain is not running");
  if (!state.managed) throw Error("Domain is not managed by Xend lifecycle support.");
  host.managed.save(state.config);  // its folder is there
  save_domain(host, domain, host.managed.checkpoint_path(state.config.uuid), false);
}

void resume_domain(Host& host, const std::shared_ptr<Domain>& domain, bool paused) {
  const auto state = domain->state();
  if (state.domid == xc::DomId{0}) throw Error(fmt::format("Cannot resume privileged domain {}", state.name));
  if (!is_suspended(host, state)) throw Error("Cannot resume domain that is not suspended.");
  // Before the guest writes to its disks: from then on the image fits them no more.
  const auto spent = [&] { host.managed.remove_checkpoint(state.config.uuid); };
  restore_checkpoint(host, host.managed.checkpoint_path(state.config.uuid), paused, spent);
}

void manage_domain(Host& host, const std::string& uuid) {
  const auto domain = host.domains.get(uuid);
  host.managed.save(domain->state().config);
  domain->update([](DomainState& s) { s.managed = true; });
}

void delete_domain(Host& host, const std::shared_ptr<Domain>& domain) {
  const auto state = domain->state();
  if (!state.dormant) throw Error("Domain is not halted.");
  const auto operation = domain->begin("deleted");
  if (is_suspended(host, state))
    throw Error(fmt::format("Domain is not halted.\n{} is suspended: xm resume and xm destroy end it.", state.name));
  if (!host.domains.erase(domain)) throw Error("Domain is not halted.");  // somebody has just started it
  try {
    host.managed.remove(state.config.uuid);
  } catch (const Error&) {
    host.domains.insert(domain);
    throw;
  }
  XEND_LOG(Info, "Domain {} ({}) deleted.", state.name, state.config.uuid.to_string());
}

void find_managed_domains(Host& host) {
  for (auto& config : host.managed.load()) {
    const auto name = config.name;
    try {
      take_up(host, std::move(config));
    } catch (const std::exception& e) {
      XEND_LOG(Error, "Failed to create reference to managed domain: {}: {}", name, e.what());
    }
  }
}

void autostart_domain(Host& host, const std::shared_ptr<Domain>& domain) noexcept {
  const auto state = domain->state();
  if (!state.dormant || state.config.on_xend_start != "start" || is_suspended(host, state)) return;
  if (host.domains.elsewhere(state.config.uuid)) return;
  try {
    XEND_LOG(Info, "Starting domain {}: its on_xend_start says so.", state.name);
    start_domain(host, domain, false);
  } catch (const std::exception& e) {
    XEND_LOG(Error, "Failed to start managed domain {} (on_xend_start): {}", state.name, e.what());
  }
}

void autostart_domains(Host& host, const std::atomic<bool>& stop) noexcept {
  for (const auto& domain : host.domains.all()) {
    if (stop) return;
    autostart_domain(host, domain);
  }
}

}  // namespace xend
