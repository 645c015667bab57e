// Finding domains that run already: when the daemon starts, and when another toolstack makes one (spec domain-lifecycle
// 15).
#pragma once

#include "xend/domain/host.h"

namespace xend {

// Puts dom0 and every domain that Xen has into the table: ours from the daemon's own notes, others as foreign ones,
// listed and left alone. A note of a domain that Xen no longer has is removed with what it left behind. Throws Error
// "Unable to find Domain 0".
void find_running_domains(Host& host);

// Adds a domain that is in Xen and not in the table as a foreign one.
void adopt_foreign(Host& host, const xc::DomainInfo& info);

}  // namespace xend
