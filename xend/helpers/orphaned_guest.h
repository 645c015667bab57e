// Puts a guest in order whose daemon died while it was being saved: without somebody who resumes it, it would stay
// suspended until the host is restarted.
#pragma once

#include "libxc-wrap/hypervisor.h"
#include "libxc-wrap/store.h"

namespace xend {

// Withdraws the request in control/shutdown when the guest has not seen it yet; otherwise waits until it is suspended,
// until `deadline` at most, and resumes it in place. Does nothing for a domain that is gone, shut down for another
// reason, or running when the deadline has passed. Throws xc::Error.
void let_orphan_go_on(xc::Hypervisor& hypervisor, xc::Store& store, xc::DomId domid, xc::Deadline deadline);

}  // namespace xend
