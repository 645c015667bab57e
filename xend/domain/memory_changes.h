// How much memory a running domain is to have, and may have at most (spec domain-lifecycle section 17).
#pragma once

#include <cstdint>
#include <memory>

#include "xend/domain/host.h"

namespace xend {

// Asks the guest's balloon driver for `mib` MiB in all; what is missing on the host is found first, from dom0 if the
// configuration allows it. Of dom0 itself, too. Throws Error with the texts of spec protocols 7.1 and
// domain-lifecycle 6.
void set_memory_target(Host& host, const std::shared_ptr<Domain>& domain, std::int64_t mib);

// Sets the limit up to which set_memory_target() may go. Throws Error, protocols 7.1; the old limit then holds.
void set_memory_maximum(Host& host, const std::shared_ptr<Domain>& domain, std::int64_t mib);

}  // namespace xend
