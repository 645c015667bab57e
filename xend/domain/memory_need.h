// How much of the host's memory a guest takes, beyond what its configuration calls its memory.
#pragma once

#include "libxc-wrap/types.h"
#include "xend/domain/domain_config.h"

namespace xend {

// Paging memory that a PVH or HVM guest needs (spec domain-lifecycle section 5), in whole MiB; zero for PV.
xc::KiB shadow_need(const DomainConfig& config);

// All that must be free on the host before the guest is made: its memory, its emulated graphics card's, its paging
// memory and the slack of memory_limit.
xc::KiB memory_need(const DomainConfig& config);

// The most that Xen is to let the guest have when its maxmem is MAXIMUM: the graphics card's memory counts too, and so
// does what the hypervisor itself puts beside the guest's RAM -- rings, ACPI tables (spec modern-xen 26.4).
xc::KiB memory_limit(const DomainConfig& config, xc::MiB maximum);

}  // namespace xend
