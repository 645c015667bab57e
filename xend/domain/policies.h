// What is done with a domain that has shut down: its on_poweroff, on_reboot, on_crash (spec domain-lifecycle section
// 12).
#pragma once

#include <memory>

#include "xend/domain/host.h"

namespace xend {

// Acts on what Xen says of a domain of ours: gone, dying, or shut down for whatever reason. Does nothing while somebody
// is busy with it, and nothing to one that runs. May take long (a restart); never throws.
void act_on_shutdown(Host& host, const std::shared_ptr<Domain>& domain) noexcept;

// Starts the domain anew from the same configuration; it gets a new id. Refused, and the domain destroyed, when it ran
// less than a minute (spec 12.4). The caller holds the domain's operation. Throws Error.
void restart_domain(Host& host, const std::shared_ptr<Domain>& domain);

}  // namespace xend
