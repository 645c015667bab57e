// How many of its vcpus a running domain uses, and on which CPUs they may run (spec domain-lifecycle section 17,
// protocols 3.4).
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "xend/domain/host.h"

namespace xend {

// How many vcpus a domain has in Xen, used or not; dom0 and other toolstacks' domains included.
unsigned vcpu_count(Host& host, const Domain& domain);

// Has the guest use the first `count` of its vcpus; it does so when it has read that. Of dom0, too. Throws Error.
void set_vcpu_count(Host& host, const std::shared_ptr<Domain>& domain, std::int64_t count);

// Lets the vcpus named run on `cpus` only. Throws Error `Cannot pin vcpu: ...`.
void pin_vcpus(Host& host, const std::shared_ptr<Domain>& domain, const std::vector<unsigned>& vcpus,
               const std::vector<unsigned>& cpus);

// At the daemon's start: dom0-cpus of the configuration (spec xend-config 4.5). Throws nothing: what cannot be done is
// logged.
void limit_dom0_vcpus(Host& host) noexcept;

}  // namespace xend
