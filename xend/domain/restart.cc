#include "xend/domain/restart.h"

#include <chrono>
#include <map>

#include "xend/devices/vif.h"
#include "xend/domain/at_rest.h"
#include "xend/domain/construction.h"
#include "xend/domain/domain_sxp.h"
#include "xend/domain/lifecycle.h"
#include "xend/domain/managed.h"
#include "xend/domain/pci_grant.h"
#include "xend/domain/store_layout.h"
#include "xend/domain/tear_down.h"
#include "xend/error.h"
#include "xend/log.h"

namespace xend {

namespace {

constexpr double kShortestUptime = 60;  // seconds
constexpr char kInProgress[] = "/xend/restart_in_progress";

using Nodes = std::map<std::string, std::string>;

// What xend itself noted about the domain in VM/xend: it outlives the domain's nodes.
Nodes notes_of(xc::Store& store, const std::string& vm_path) {
  Nodes notes;
  for (const auto& name : store.list(vm_path + "/xend"))
    if (name != "restart_count" && name != "restart_in_progress" && name != "dumpcore_in_progress")
      notes[name] = store.read(vm_path + "/xend/" + name).value_or("");
  return notes;
}

std::string why_not(Host& host, const DomainState& state) {
  if (host.store.read(state.vm_path + kInProgress))
    return fmt::format("Xend failed during restart of domain {}.  Refusing to restart to avoid loops.",
                       state.domid.value_or(0));
  const auto now = std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
  const auto uptime = now - state.start_time;
  if (uptime >= kShortestUptime) return "";
  return fmt::format("VM {} restarting too fast (Elapsed time: {:.6f} seconds). Refusing to restart to avoid loops.",
                     state.config.name, uptime);
}

// Its devices go to its successor.
void release_devices(Host& host, const Domain& domain) {
  const auto state = domain.state();
  PciGrant taken(host, domain, {});
  for (const auto& function : pci_functions(state.config)) taken.take_over(function.address);
  for (const auto& device : state.config.devices)
    if (state.device_model.pid != 0 && is_emulated_card(device))
      host.devices.release_tap(domain.device_owner(), device);
  host.device_models.stop(*state.domid);
  host.devices.release_all(domain.device_owner());
}

// The dead domain gets out of the way of the one that takes its name and UUID.
void rename_dead(Host& host, const std::shared_ptr<Domain>& domain) {
  const auto before = domain->state();
  const auto uuid = xc::Uuid::random();
  const auto name = "Domain-" + uuid.to_string();
  XEND_LOG(Info, "Renaming dead domain {} ({}, {}) to {} ({}).", before.config.name, *before.domid,
           before.config.uuid.to_string(), name, uuid.to_string());
  release_devices(host, *domain);
  host.xen.set_handle(*before.domid, uuid);
  domain->update([&](DomainState& s) {
    s.config.uuid = uuid;
    s.config.name = s.name = name;
    s.config.devices.clear();
    s.vm_path = "/vm/" + uuid.to_string();
    s.device_model = {};
    s.managed = false;
    s.preserved = true;
  });
  if (before.managed) host.domains.insert(at_rest(host, before.config));
  const auto dead = domain->state();
  host.store.transaction([&](xc::Store& t) {
    t.remove(before.vm_path);
    t.write(dead.vm_path + "/uuid", uuid.to_string());
    t.write(domain_path(*dead.domid) + "/vm", dead.vm_path);
    t.write(domain_path(*dead.domid) + "/xend/shutdown_completed", "True");
  });
  write_name(host.store, dead);
  host.running_state.remember_now(*domain);
}

std::shared_ptr<Domain> build_again(Host& host, const DomainState& before, unsigned restart_count, const Nodes& notes) {
  Construction construction(host, to_be_started(before.config));
  construction.domain()->update([&](DomainState& s) { s.restart_count = restart_count; });
  construction.make_shell();
  const auto vm_path = construction.domain()->state().vm_path;
  for (const auto& [name, value] : notes) host.store.write(vm_path + "/xend/" + name, value);
  construction.build();
  construction.introduce();
  return construction.keep();
}

}  // namespace

void restart_domain(Host& host, const std::shared_ptr<Domain>& domain, DeadDomain dead) {
  const auto state = domain->state();
  if (const auto refusal = why_not(host, state); !refusal.empty()) {
    XEND_LOG(Error, "{}", refusal);
    return tear_down(host, domain);
  }
  const auto notes = notes_of(host.store, state.vm_path);
  host.store.write(state.vm_path + kInProgress, "True");
  if (dead == DeadDomain::kKept)
    rename_dead(host, domain);
  else
    tear_down(host, domain);
  let_run(host, build_again(host, state, state.restart_count + 1, notes), false);
}

void reset_domain(Host& host, const std::shared_ptr<Domain>& domain) {
  require_ours(*domain, "reset");
  const auto operation = domain->begin_after_cancelling("reset");
  const auto state = domain->state();
  const auto power = power_state(state.domid ? host.xen.domain(*state.domid) : std::nullopt);
  if (power != PowerState::kRunning && power != PowerState::kPaused)
    throw Error(fmt::format("Domain '{}' is not started", state.name));
  XEND_LOG(Info, "Resetting domain {} ({}).", state.name, *state.domid);
  const auto notes = notes_of(host.store, state.vm_path);
  tear_down(host, domain);
  try {
    let_run(host, build_again(host, state, state.restart_count, notes), false);
  } catch (const std::exception& e) {
    XEND_LOG(Error, "Failed to reset domain {} ({}): {}", state.name, *state.domid, e.what());
    throw;
  }
}

}  // namespace xend
