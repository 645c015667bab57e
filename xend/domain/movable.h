// Which domains cannot leave their host, whatever host they are to go to: their configuration forbids it, or they have
// what is a place on this host.
#pragma once

#include <string>
#include <vector>

#include "xend/domain/domain_config.h"

namespace xend {

// Each reason why a domain of that configuration may not be `what` ("saved", "migrated"), for the person who asked for
// it: what xend has always said, then what can be done. A saved one comes back to this host, and may keep its SCSI
// devices.
std::vector<std::string> reasons_to_stay(const DomainConfig& config, const std::string& what);

// Throws Error with the first of them.
void check_movable(const DomainConfig& config, const std::string& what);

}  // namespace xend
