// LibxcHypervisor's questions about CPU policies, through libxenguest.
#include <algorithm>
#include <cerrno>
#include <memory>

extern "C" {
#include <xenctrl.h>
#include <xenguest.h>
}

#include "libxc-wrap/libxc_hypervisor.h"

namespace xc {
namespace {

struct Freed {
  void operator()(xc_cpu_policy_t* policy) const { xc_cpu_policy_destroy(policy); }
};
using Policy = std::unique_ptr<xc_cpu_policy_t, Freed>;

Policy new_policy() {
  Policy policy(xc_cpu_policy_init());
  if (!policy) throw Error("xc_cpu_policy_init", ENOMEM);
  return policy;
}

CpuPolicy read(Handle& handle, const Policy& policy) {
  std::uint32_t leaves = 0, registers = 0;
  handle.check(xc_cpu_policy_get_size(handle.get(), &leaves, &registers), "xc_cpu_policy_get_size");
  std::vector<xen_cpuid_leaf_t> raw(leaves);
  handle.check(xc_cpu_policy_serialise(handle.get(), policy.get(), raw.data(), &leaves, nullptr, nullptr),
               "xc_cpu_policy_serialise");
  raw.resize(std::min<std::size_t>(leaves, raw.size()));
  std::vector<CpuidAnswer> answers;
  for (const xen_cpuid_leaf_t& leaf : raw)
    answers.push_back({leaf.leaf, leaf.subleaf, {leaf.a, leaf.b, leaf.c, leaf.d}});
  return cpu_policy_of(answers);
}

}  // namespace

CpuPolicy LibxcHypervisor::cpu_policy(DomId domid) {
  Lease xc(*this);
  const Policy policy = new_policy();
  xc->check(xc_cpu_policy_get_domain(xc->get(), domid, policy.get()), "xc_cpu_policy_get_domain");
  return read(*xc, policy);
}

CpuPolicy LibxcHypervisor::most_cpu_policy(GuestType type) {
  Lease xc(*this);
  const Policy policy = new_policy();
  const unsigned which = type == GuestType::kPv ? XEN_SYSCTL_cpu_policy_pv_max : XEN_SYSCTL_cpu_policy_hvm_max;
  xc->check(xc_cpu_policy_get_system(xc->get(), which, policy.get()), "xc_cpu_policy_get_system");
  return read(*xc, policy);
}

}  // namespace xc
