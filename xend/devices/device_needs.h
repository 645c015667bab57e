// What a device needs of this host, as far as it can be seen without connecting it: its image, its bridge, its script.
// What cannot be seen so -- a bridge that the script is to find by itself, one that is no bridge of Linux's -- is left
// to the script.
#pragma once

#include <string>
#include <vector>

#include "libxc-wrap/store.h"
#include "xend/devices/devices.h"

namespace xend {

// Each thing that is missing, or that somebody else has, as a sentence. `device` is completed; `owner` needs no domain.
// Throws xc::Error.
std::vector<std::string> missing_for(xc::Store& store, const DeviceSettings& settings, const DeviceOwner& owner,
                                     const Device& device);

}  // namespace xend
