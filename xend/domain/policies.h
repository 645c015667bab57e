// What is done with a domain that has shut down: its on_poweroff, on_reboot, on_crash, on_watchdog (spec
// domain-lifecycle section 12).
#pragma once

#include <memory>

#include "xend/domain/host.h"

namespace xend {

// Acts on what Xen says of a domain of ours: gone, dying, or shut down for whatever reason. Does nothing while somebody
// is busy with it, and nothing to one that runs. May take long (a restart); never throws.
void act_on_shutdown(Host& host, const std::shared_ptr<Domain>& domain) noexcept;

}  // namespace xend
