// LibxcHypervisor's calls about who gets how much of which CPUs: pools, and the shares of domains (spec modern-xen 19).
#include <cerrno>
#include <memory>
#include <utility>

extern "C" {
#include <xenctrl.h>
}

#include "libxc-wrap/cpumap.h"
#include "libxc-wrap/libxc_host.h"
#include "libxc-wrap/libxc_hypervisor.h"

namespace xc {
namespace {

// What the library has allocated for one pool.
struct FreePool {
  xc_interface* xch;
  void operator()(xc_cpupoolinfo_t* info) const { xc_cpupool_infofree(xch, info); }
};
using RawPool = std::unique_ptr<xc_cpupoolinfo_t, FreePool>;

// The first pool whose id is not below `id`; null when there is none.
RawPool pool_from(Handle& handle, std::uint32_t id) {
  handle.forget_log();
  RawPool pool(xc_cpupool_getinfo(handle.get(), id), FreePool{handle.get()});
  if (!pool && errno != ENOENT && errno != 0) handle.fail("xc_cpupool_getinfo", errno);
  handle.forget_log();
  return pool;
}

std::vector<unsigned> cpus_of(Handle& handle, const xc_cpupoolinfo_t& pool) {
  const auto host_cpus = static_cast<unsigned>(handle.check(xc_get_max_cpus(handle.get()), "xc_get_max_cpus"));
  std::vector<unsigned> cpus;
  for (unsigned cpu = 0; cpu < host_cpus; ++cpu)
    if (xc_cpumap_testcpu(static_cast<int>(cpu), pool.cpumap) != 0) cpus.push_back(cpu);
  return cpus;
}

// Pools have schedulers of their own, and Xen takes the numbers of one scheduler for no domain of another.
int scheduler_of(Handle& handle, DomId domid) {
  xc_domaininfo_t domain{};
  if (handle.check(xc_domain_getinfolist(handle.get(), domid, 1, &domain), "xc_domain_getinfolist") != 1 ||
      domain.domain != domid)
    throw Error("xc_domain_getinfolist", ESRCH);
  const RawPool pool = pool_from(handle, domain.cpupool);
  return pool && pool->cpupool_id == domain.cpupool ? static_cast<int>(pool->sched_id) : scheduler_id(handle);
}

[[noreturn]] void no_shares(const char* call, int scheduler) {
  throw Error(call, EOPNOTSUPP,
              "Xen's scheduler here, " + std::string(scheduler_name(scheduler)) + ", has no weights and caps");
}

}  // namespace

std::vector<PoolInfo> LibxcHypervisor::pools() {
  Lease xc(*this);
  std::vector<PoolInfo> found;
  std::uint32_t next = 0;
  while (const RawPool pool = pool_from(*xc, next)) {
    found.push_back({.id = pool->cpupool_id,
                     .scheduler = std::string(scheduler_name(static_cast<int>(pool->sched_id))),
                     .cpus = cpus_of(*xc, *pool),
                     .domains = pool->n_dom});
    next = pool->cpupool_id + 1;
  }
  return found;
}

std::vector<unsigned> LibxcHypervisor::free_cpus() {
  Lease xc(*this);
  return CpuMap(*xc, xc_cpupool_freeinfo(xc->get())).cpus();
}

std::uint32_t LibxcHypervisor::create_pool(const std::string& scheduler) {
  static constexpr std::pair<std::string_view, std::uint32_t> kSchedulers[] = {
      {"credit", XEN_SCHEDULER_CREDIT},     {"credit2", XEN_SCHEDULER_CREDIT2}, {"rtds", XEN_SCHEDULER_RTDS},
      {"arinc653", XEN_SCHEDULER_ARINC653}, {"null", XEN_SCHEDULER_NULL},
  };
  Lease xc(*this);
  for (const auto& [name, number] : kSchedulers) {
    if (name != scheduler) continue;
    std::uint32_t pool = XC_CPUPOOL_POOLID_ANY;
    xc->check(xc_cpupool_create(xc->get(), &pool, number), "xc_cpupool_create");
    return pool;
  }
  throw Error("xc_cpupool_create", EINVAL, "there is no scheduler '" + scheduler + "'");
}

void LibxcHypervisor::destroy_pool(std::uint32_t pool) {
  Lease xc(*this);
  xc->check(xc_cpupool_destroy(xc->get(), pool), "xc_cpupool_destroy");
}

void LibxcHypervisor::add_cpu_to_pool(std::uint32_t pool, unsigned cpu) {
  Lease xc(*this);
  xc->check(xc_cpupool_addcpu(xc->get(), pool, static_cast<int>(cpu)), "xc_cpupool_addcpu");
}

void LibxcHypervisor::remove_cpu_from_pool(std::uint32_t pool, unsigned cpu) {
  Lease xc(*this);
  xc->check(xc_cpupool_removecpu(xc->get(), pool, static_cast<int>(cpu)), "xc_cpupool_removecpu");
}

void LibxcHypervisor::move_to_pool(DomId domid, std::uint32_t pool) {
  Lease xc(*this);
  xc->check(xc_cpupool_movedomain(xc->get(), pool, domid), "xc_cpupool_movedomain");
}

SchedParams LibxcHypervisor::sched_params(DomId domid) {
  Lease xc(*this);
  switch (const int id = scheduler_of(*xc, domid)) {
    case XEN_SCHEDULER_CREDIT: {
      xen_domctl_sched_credit params{};
      xc->check(xc_sched_credit_domain_get(xc->get(), domid, &params), "xc_sched_credit_domain_get");
      return {params.weight, params.cap};
    }
    case XEN_SCHEDULER_CREDIT2: {
      xen_domctl_sched_credit2 params{};
      xc->check(xc_sched_credit2_domain_get(xc->get(), domid, &params), "xc_sched_credit2_domain_get");
      return {params.weight, params.cap};
    }
    default:
      no_shares("xc_sched_domain_get", id);
  }
}

void LibxcHypervisor::set_sched_params(DomId domid, const SchedParams& params) {
  // What Xen takes as "leave it as it is" (spec modern-xen 2).
  const std::uint16_t weight = params.weight.value_or(0), cap = params.cap.value_or(0xffff);
  Lease xc(*this);
  switch (const int id = scheduler_of(*xc, domid)) {
    case XEN_SCHEDULER_CREDIT: {
      xen_domctl_sched_credit raw{.weight = weight, .cap = cap};
      xc->check(xc_sched_credit_domain_set(xc->get(), domid, &raw), "xc_sched_credit_domain_set");
      return;
    }
    case XEN_SCHEDULER_CREDIT2: {
      xen_domctl_sched_credit2 raw{.weight = weight, .cap = cap};
      xc->check(xc_sched_credit2_domain_set(xc->get(), domid, &raw), "xc_sched_credit2_domain_set");
      return;
    }
    default:
      no_shares("xc_sched_domain_set", id);
  }
}

}  // namespace xc
