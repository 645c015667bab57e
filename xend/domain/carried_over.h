// What a rewritten config.sxp has from the file in its place: keys that only the Xen-API of an old xend had, and those
// that nobody here knows. Whoever moves back to the old xend, or reads the file with tools of his own, finds them
// again.
#pragma once

#include "sxp/value.h"

namespace xend {

// Adds to `written`, which stored_sxp has made, what `before`, the (domain ...) that the file had, says besides: at the
// top, in the image, in vcpus_params and in the devices with the same uuid. What `written` says itself counts; what
// `before` says of one moment only -- ids, times, states, notes of the kernel used last -- is left out.
void carry_over(sxp::Value& written, const sxp::Value& before);

}  // namespace xend
