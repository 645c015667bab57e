// What a managed domain's config.sxp says (spec protocols 7.3): the legacy keys of every listing, and beside them the
// Xen-API's, in which an old xend keeps what the others cannot say. Where the file is: managed_store.h.
#pragma once

#include "sxp/value.h"
#include "xend/domain/domain_config.h"

namespace xend {

// The `(domain ...)` of a configuration, its devices included.
sxp::Value stored_sxp(const DomainConfig& config);

// Reads one, whichever of the two sets of keys its writer used; where both are there, the legacy ones count. Devices
// are in device_elements. Throws Error: no name, no UUID, or what DomainConfig::parse refuses.
DomainConfig parse_stored(const sxp::Value& stored);

}  // namespace xend
