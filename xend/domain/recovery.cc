#include "xend/domain/recovery.h"

#include <algorithm>
#include <map>

#include "xend/domain/shutdown_timer.h"
#include "xend/domain/store_layout.h"
#include "xend/domain/tear_down.h"
#include "xend/error.h"
#include "xend/log.h"

namespace xend {

namespace {

DomainState bare_state(const xc::DomainInfo& info, std::string name) {
  DomainState state;
  state.config.name = std::move(name);
  state.config.uuid = info.handle;
  state.config.type = info.hvm ? xc::GuestType::kPvh : xc::GuestType::kPv;
  state.config.memory.value = info.memory.value / 1024;
  state.config.maxmem.value = info.max_memory ? info.max_memory->value / 1024 : state.config.memory.value;
  state.config.vcpus = info.max_vcpu_id + 1;
  state.domid = info.domid;
  return state;
}

// Written by somebody else, perhaps a guest: short and of the letters of a name, or not used.
std::string name_of(Host& host, xc::DomId domid) {
  try {
    const auto name = host.store.read(domain_path(domid) + "/name", 255).value_or("");
    check_name(name);
    return name;
  } catch (const std::exception&) {
    return "Domain-" + std::to_string(domid);
  }
}

void add_dom0(Host& host, const std::vector<xc::DomainInfo>& infos) {
  if (infos.empty() || infos.front().domid != 0) throw Error("Unable to find Domain 0");
  auto state = bare_state(infos.front(), "Domain-0");
  state.config.uuid = xc::Uuid();
  state.vm_path = "/vm/" + state.config.uuid.to_string();
  host.domains.insert(std::make_shared<Domain>(std::move(state)));
}

void recreate(Host& host, DomainState state) {
  const auto text = fmt::format("Recreating domain {}, UUID {}. at {}", *state.domid, state.config.uuid.to_string(),
                                domain_path(*state.domid));
  const auto domain = std::make_shared<Domain>(std::move(state));
  host.domains.insert(domain);
  XEND_LOG(Info, "{}", text);
  if (const auto& model = domain->state().device_model; model.pid != 0)
    host.device_models.adopt(*domain->domid(), domain->name(), model);
  // A daemon that ended in the middle of a save or a migration left the domain renamed; the guest itself was resumed by
  // the helper that had suspended it.
  recall_shutdown_timer(host, *domain);
  const auto known = domain->state();
  if (host.store.read(domain_path(*known.domid) + "/name", 512) != known.name) write_name(host.store, known);
}

// One that was created in Xen by a daemon which ended before it could write its number down: paused and without a name,
// as nothing but that leaves it.
bool begun_and_left(Host& host, const xc::DomainInfo& info, const std::vector<xc::Uuid>& announced) {
  return std::find(announced.begin(), announced.end(), info.handle) != announced.end() && info.paused &&
         !host.store.read(domain_path(info.domid) + "/name", 255);
}

}  // namespace

void adopt_foreign(Host& host, const xc::DomainInfo& info) {
  auto state = bare_state(info, name_of(host, info.domid));
  state.foreign = true;
  for (const auto& other : host.domains.all())  // two may bear one name: this one then goes by its number
    if (other->name() == state.config.name) state.config.name = "Domain-" + std::to_string(info.domid);
  try {
    host.domains.insert(std::make_shared<Domain>(state));
    XEND_LOG(Info, "Domain {} ({}) belongs to another toolstack: it is listed and left alone.", state.config.name,
             info.domid);
  } catch (const Error& e) {
    XEND_LOG(Warning, "Domain {} is in Xen and cannot be listed: {}", info.domid, e.what());
  }
}

void find_running_domains(Host& host) {
  const auto infos = host.xen.domains();
  add_dom0(host, infos);
  std::map<xc::DomId, DomainState> notes;
  host.devices.go_on_releasing();
  const auto announced = host.running_state.take_announced();
  for (auto& state : host.running_state.load()) notes.insert_or_assign(*state.domid, std::move(state));
  for (const auto& info : infos) {
    if (info.domid == 0) continue;
    const auto note = notes.find(info.domid);
    const bool ours = note != notes.end() && note->second.config.uuid == info.handle;
    if (info.dying && !ours) {
      XEND_LOG(Warning, "Ignoring dying domain {} from now on", info.domid);
    } else if (!ours && begun_and_left(host, info, announced)) {
      XEND_LOG(
          Warning,
          "Domain {} with the UUID {} had only been begun when the daemon before this one ended: it is taken away.",
          info.domid, info.handle.to_string());
      host.xen.destroy(info.domid);
    } else if (!ours) {
      adopt_foreign(host, info);
    } else if (note->second.being_made) {
      XEND_LOG(Warning, "Domain {} ({}) was only half made when the daemon before this one ended: it is taken away.",
               note->second.config.name, info.domid);
      tear_down(host, std::make_shared<Domain>(std::move(note->second)));
      notes.erase(note);
    } else {
      auto state = std::move(note->second);
      notes.erase(note);
      try {
        recreate(host, std::move(state));
      } catch (const std::exception& e) {
        XEND_LOG(Error, "Failed to create reference to running domain id: {}: {}", info.domid, e.what());
      }
    }
  }
  for (auto& [domid, state] : notes) {  // ended while nobody looked
    XEND_LOG(Info, "Domain {} ({}) ended while xend was away.", state.config.name, domid);
    tear_down(host, std::make_shared<Domain>(std::move(state)));
  }
}

}  // namespace xend
