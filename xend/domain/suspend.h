// Asking a guest to suspend itself, and letting it go on again (spec modern-xen 10, 11, 26.5).
#pragma once

#include "xend/domain/host.h"

namespace xend {

// Writes control/shutdown=suspend and waits until Xen shows the domain shut down with reason suspend. Throws Error with
// the domain's name when it does not take the request within host.suspend_limits, ends otherwise meanwhile, or `cancel`
// is given before it has taken the request, which is then withdrawn.
void suspend_guest(Host& host, Domain& domain, const Cancellation& cancel);

// Whether a guest has no drivers that know of Xen, as an HVM guest may: then it does not read what is asked of it in
// xenstore, and is suspended or shut down from outside.
bool lacks_drivers(Host& host, const Domain& domain);

// Resumes a domain that is suspended; does nothing to one that is not. Throws xc::Error.
void resume_guest(Host& host, Domain& domain);

}  // namespace xend
