// The key linux-as-pvh: guests of old files run as PVH where their kernel can, so that they can be migrated while they
// run.
#pragma once

#include "xend/domain/host.h"

namespace xend {

// Makes a configuration without a `type` of its own PVH where linux-as-pvh says so: PV by its builder, started from a
// kernel of dom0 that has the entry note, and without devices that only a PV guest can have. For new domains only: what
// an image holds is of one type for good.
void prefer_pvh(Host& host, DomainConfig& config);

}  // namespace xend
