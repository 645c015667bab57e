// What a guest has written to its console just before it ended, such as why its kernel panicked: it is in a page of its
// own memory, and gone with the domain unless xenconsoled has taken it out by then.
#pragma once

#include "xend/domain/domain.h"

namespace xend {

// Waits until xenconsoled has read all that a domain which has shut down wrote, for less than a second: it may not run,
// and a guest can write nonsense there. Never throws.
void await_last_words(xc::Hypervisor& xen, const DomainState& domain) noexcept;

}  // namespace xend
