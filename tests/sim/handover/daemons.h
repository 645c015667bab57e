// The two daemons of the simulation: the real HandoverSource and HandoverDestination, with desks that work on a World's
// hosts, disks and network.
#pragma once

#include "tests/sim/handover/world.h"

namespace sim {

// A daemon that begins to move the guest when it is the first on its host, and settles what one before it has left.
void run_source(World& world);
// A daemon that receives, and takes up what one before it has left.
void run_destination(World& world);

}  // namespace sim
