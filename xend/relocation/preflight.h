// The destination's look at itself before it takes a guest (drawn in handover_source.h): everything that is in the way
// is said at once, before the guest notices anything. Nothing is reserved, made or changed: between this look and the
// building of the domain (construction.h) things may still change, and that fails as cleanly as ever.
#pragma once

#include <string>

#include "xend/domain/host.h"
#include "xend/relocation/handover_message.h"

namespace xend {

// The configuration to build the offered guest from. Throws Error with a sentence for each thing that is in the way: a
// line each, the name that is in use first. `who`: the source, for the log.
DomainConfig preflight(Host& host, const Message& offer, const std::string& who);

}  // namespace xend
