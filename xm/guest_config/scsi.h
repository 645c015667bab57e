// `vscsi`: SCSI devices of the host that a guest is given, put together by virtual adapter (spec guest-config 5.6).
#pragma once

#include <string>
#include <vector>

#include "sxp/value.h"
#include "xm/guest_config/host.h"

namespace xm::guest_config {

// `(vscsi (feature-host ...) (dev ...) ...)` for each virtual adapter, in the order of their first entries.
// Throws xm::Error (class DIE) for an entry that does not parse, names no device of this host, or contradicts another.
sxp::List scsi_configs(const std::vector<std::string>& entries, const Host& host);

}  // namespace xm::guest_config
