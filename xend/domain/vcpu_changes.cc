#include "xend/domain/vcpu_changes.h"

#include <fmt/ranges.h>

#include <algorithm>

#include "xend/domain/at_rest.h"
#include "xend/domain/change.h"
#include "xend/domain/managed.h"
#include "xend/domain/store_layout.h"
#include "xend/error.h"
#include "xend/log.h"

namespace xend {

namespace {

void write_count(Host& host, xc::DomId domid, unsigned count, unsigned all) {
  host.store.transaction([&](xc::Store& t) {
    for (unsigned vcpu = 0; vcpu < all; ++vcpu) write_availability(t, domid, vcpu, vcpu < count);
  });
}

// All of them, then: it is started with as many as it has.
void set_vcpus_at_rest(Host& host, const std::shared_ptr<Domain>& domain, std::int64_t count) {
  constexpr std::int64_t kMost = 8192;
  if (count > kMost)
    throw Error(fmt::format("{} cannot have {} vcpus: {} are the most.", domain->name(), count, kMost));
  change_at_rest(host, domain, [&](DomainConfig& config) {
    config.vcpus = static_cast<unsigned>(count);
    config.vcpu_avail = ~std::uint64_t{0};
    config.cpus.resize(config.vcpus);
  });
}

std::string cannot_pin(unsigned vcpu, const std::vector<unsigned>& cpus, const std::string& reason) {
  return fmt::format("Cannot pin vcpu: {} to cpu: [{}] - {}", vcpu, fmt::join(cpus, ", "), reason);
}

void pin_at_rest(Host& host, const std::shared_ptr<Domain>& domain, const std::vector<unsigned>& vcpus,
                 const std::vector<unsigned>& cpus) {
  change_at_rest(host, domain, [&](DomainConfig& config) {
    config.cpus.resize(config.vcpus);
    for (const unsigned vcpu : vcpus) {
      if (vcpu >= config.vcpus)
        throw Error(cannot_pin(vcpu, cpus, fmt::format("{} has {} vcpus", config.name, config.vcpus)));
      config.cpus[vcpu] = cpus;
    }
  });
}

}  // namespace

unsigned vcpu_count(Host& host, const Domain& domain) {
  const auto state = domain.state();
  if (!state.foreign && state.domid != xc::DomId{0}) return state.config.vcpus;
  const auto info = host.xen.domain(domain.running_domid());
  return info ? info->max_vcpu_id + 1 : state.config.vcpus;
}

void set_vcpu_count(Host& host, const std::shared_ptr<Domain>& domain, std::int64_t count) {
  if (count <= 0) throw Error("Zero or less VCPUs is invalid");
  if (domain->state().dormant) return set_vcpus_at_rest(host, domain, count);
  const bool dom0 = domain->domid() == xc::DomId{0};
  std::optional<Change> change;
  if (!dom0) change.emplace(host, domain, "set the VCPUs of");
  const unsigned all = vcpu_count(host, *domain);
  if (count > all)
    throw Error(
        fmt::format("Cannot set vcpus greater than max vcpus on running domain\n{} has {}.", domain->name(), all));
  const auto wanted = static_cast<unsigned>(count);
  write_count(host, domain->running_domid(), wanted, all);
  XEND_LOG(Info, "Domain {} ({}) is to use {} of its {} vcpus.", domain->name(), domain->running_domid(), wanted, all);
  if (dom0) return;
  domain->update([&](DomainState& s) {
    s.config.vcpu_avail = wanted >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << wanted) - 1;
  });
  remember_change(host, *domain);
}

void pin_vcpus(Host& host, const std::shared_ptr<Domain>& domain, const std::vector<unsigned>& vcpus,
               const std::vector<unsigned>& cpus) {
  if (domain->state().dormant) return pin_at_rest(host, domain, vcpus, cpus);
  const auto domid = domain->running_domid();
  for (const unsigned vcpu : vcpus) {
    try {
      host.xen.pin_vcpu(domid, vcpu, cpus);
    } catch (const xc::Error& e) {
      throw Error(cannot_pin(vcpu, cpus, e.what()));
    }
    domain->update([&](DomainState& s) {
      if (vcpu < s.config.cpus.size()) s.config.cpus[vcpu] = cpus;
    });
  }
  const auto state = domain->state();
  if (domid != 0 && !state.foreign) remember_change(host, *domain);
}

void limit_dom0_vcpus(Host& host) noexcept {
  const unsigned wanted = host.options.get()->dom0_cpus;
  if (wanted == 0) return;
  try {
    const auto dom0 = host.domains.get("0");
    set_vcpu_count(host, dom0, std::min(wanted, vcpu_count(host, *dom0)));
  } catch (const std::exception& e) {
    XEND_LOG(Error, "Domain-0 could not be limited to {} vcpus (dom0-cpus): {}", wanted, e.what());
  }
}

}  // namespace xend
