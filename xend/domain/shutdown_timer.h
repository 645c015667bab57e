// Guests that were asked to shut down and do not: said once, after host.shutdown_limit; nothing is done to them (spec
// domain-lifecycle 12.1).
#pragma once

#include <chrono>
#include <optional>

#include "xend/domain/host.h"

namespace xend {

// Notes that the guest has just been asked, also for the next daemon. Throws xc::Error.
void begin_shutdown_timer(Host& host, Domain& domain);

// Takes up what an earlier daemon has noted. Throws nothing: what cannot be read counts as not there.
void recall_shutdown_timer(Host& host, Domain& domain) noexcept;

// For one that runs still: how long until its time is over; nothing when it has not been asked, or that time is over
// and that was said now: `Domain shutdown timeout expired`, and xend/unresponsive in its nodes.
std::optional<std::chrono::milliseconds> check_shutdown_timer(Host& host, Domain& domain);

}  // namespace xend
