// Takes a domain off the host with all that belongs to it: what destroy, a failed start and a domain found dead share.
#pragma once

#include <memory>

#include "xend/domain/host.h"

namespace xend {

// Ends the domain in Xen if it is still there, releases its devices, removes its xenstore nodes and the daemon's own
// note of it, and drops it from the table: the name is free afterwards. A managed domain stays there, at rest; with
// `successor`, that takes its place. Never throws; what cannot be undone is logged.
void tear_down(Host& host, const std::shared_ptr<Domain>& domain,
               const std::shared_ptr<Domain>& successor = nullptr) noexcept;

}  // namespace xend
