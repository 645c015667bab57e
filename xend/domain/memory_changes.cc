#include "xend/domain/memory_changes.h"

#include "xend/domain/at_rest.h"
#include "xend/domain/change.h"
#include "xend/domain/managed.h"
#include "xend/domain/memory_need.h"
#include "xend/domain/store_layout.h"
#include "xend/error.h"
#include "xend/log.h"

namespace xend {

namespace {

xc::MiB positive(std::int64_t mib, const char* name) {
  constexpr std::int64_t kLargest = std::int64_t{1} << 32;
  if (mib <= 0) throw Error(fmt::format("{} must be greater than zero", name));
  if (mib > kLargest) throw Error(fmt::format("{} cannot be {} MiB: no host has that much memory", name, mib));
  return {static_cast<std::uint64_t>(mib)};
}

void check_target(xc::MiB target, xc::MiB maximum, const std::string& name) {
  if (target <= maximum) return;
  throw Error(
      fmt::format("memory_dynamic_max must be less than or equal to memory_static_max\n{} may have at most {} MiB, not "
                  "{}: maxmem in its configuration, or xm mem-max.",
                  name, maximum.value, target.value));
}

void set_dom0_target(Host& host, const Domain& dom0, xc::MiB target) {
  const auto info = host.xen.domain(0);
  if (!info) throw Error("Unable to find Domain 0");
  const auto least = host.options.get()->dom0_min_mem;
  if (xc::KiB(target) < info->memory && target < least)
    throw Error(fmt::format("memory_dynamic_max too small\n{} is to keep {} MiB (dom0-min-mem in xend-config.sxp).",
                            dom0.name(), least.value));
  check_target(target, {info->max_memory.value_or(host.xen.host_info().total_kib).value / 1024}, dom0.name());
  host.memory.set_dom0(target, info->memory);
  XEND_LOG(Info, "Memory target of {} set to {} MiB.", dom0.name(), target.value);
}

}  // namespace

void set_memory_target(Host& host, const std::shared_ptr<Domain>& domain, std::int64_t mib) {
  const auto target = positive(mib, "memory_dynamic_max");
  if (domain->domid() == xc::DomId{0}) return set_dom0_target(host, *domain, target);
  if (domain->state().dormant)
    return change_at_rest(host, domain, [&](DomainConfig& config) {
      check_target(target, config.maxmem, config.name);
      config.memory = target;
    });
  const Change change(host, domain, "set the memory of");
  const auto state = domain->state();
  check_target(target, state.config.maxmem, state.name);
  std::optional<MemoryReservation> more;
  if (target > state.config.memory)
    more.emplace(host.memory.reserve({xc::KiB(target).value - xc::KiB(state.config.memory).value}, state.name,
                                     [&] { return change.pointless(); }));
  const auto domid = *state.domid;
  // What a guest counts as its target is in its own words for PV; Xen's matters for guests with pages on demand.
  if (state.config.type != xc::GuestType::kPv) host.xen.set_memory_target(domid, target);
  host.store.transaction([&](xc::Store& t) {
    t.write(state.vm_path + "/memory", std::to_string(target.value));
    t.write(domain_path(domid) + "/memory/target", std::to_string(xc::KiB(target).value));
  });
  domain->update([&](DomainState& s) { s.config.memory = target; });
  remember_change(host, *domain);
  XEND_LOG(Info, "Memory target of domain {} ({}) set to {} MiB.", state.name, domid, target.value);
}

void set_memory_maximum(Host& host, const std::shared_ptr<Domain>& domain, std::int64_t mib) {
  const auto maximum = positive(mib, "memory_static_max");
  if (domain->domid() == xc::DomId{0}) return host.xen.set_max_memory(0, maximum);
  if (domain->state().dormant)
    return change_at_rest(host, domain, [&](DomainConfig& config) {
      check_target(config.memory, maximum, config.name);
      config.maxmem = maximum;
    });
  const Change change(host, domain, "set the memory of");
  const auto state = domain->state();
  check_target(state.config.memory, maximum, state.name);
  XEND_LOG(Debug, "Setting memory maximum of domain {} ({}) to {} MiB.", state.name, *state.domid, maximum.value);
  host.xen.set_max_memory(*state.domid, memory_limit(state.config, maximum));
  domain->update([&](DomainState& s) { s.config.maxmem = maximum; });
  remember_change(host, *domain);
}

}  // namespace xend
