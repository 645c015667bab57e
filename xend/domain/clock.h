// What an HVM guest's real-time clock shows.
#pragma once

#include <chrono>

#include "xend/domain/domain_config.h"

namespace xend {

// How far it is ahead of UTC: `rtc_timeoffset`, and with `localtime` this host's local time on top of it. What is no
// number of 32 bits counts as 0.
std::chrono::seconds clock_offset(const DomainConfig& config);

}  // namespace xend
