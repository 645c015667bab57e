// What Xen is told of a domain when it is created, in Xen's own structures. For libxc_hypervisor.cc alone: includes
// Xen's headers.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

extern "C" {
#include <xenctrl.h>
}

#include "libxc-wrap/hypervisor.h"

namespace xc {

// Why this host cannot run such a guest, in the words that xc_domain_create's EINVAL lacks (spec modern-xen 5.1); ""
// when it can.
std::string missing_support(GuestType type, const xc_physinfo_t& host);

// What xc_domain_create takes.
xen_domctl_createdomain creation(const NewDomain& domain, const xc_physinfo_t& host);

struct HvmParam {
  std::uint32_t number;
  std::uint64_t value;
  const char* name;
};

// The parameters of a new PVH or HVM domain, and the calls that set them as messages name them.
std::vector<HvmParam> hvm_params(const MachineParams& machine);

}  // namespace xc
