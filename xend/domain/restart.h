// A domain that is started anew from its own configuration: after a reboot or a crash, and by xm reset (spec
// domain-lifecycle 12.3, 12.4, 12.7). It gets a new id; what changed at run time is kept.
#pragma once

#include <memory>

#include "xend/domain/host.h"

namespace xend {

// What becomes of the domain that has ended.
enum class DeadDomain {
  kDestroyed,
  kKept,  // in Xen, under a UUID and a name of its own, without devices: rename-restart
};

// Starts it anew. Refused, and the domain destroyed, when it ran less than a minute, or when the daemon before this one
// ended while it was restarting it. The caller holds the domain's operation. Throws Error.
void restart_domain(Host& host, const std::shared_ptr<Domain>& domain, DeadDomain dead);

// Destroys it, running or paused, and starts it anew, whatever its age. Throws Error; then it is gone, or at rest.
void reset_domain(Host& host, const std::shared_ptr<Domain>& domain);

}  // namespace xend
