// Two guests must not write one image. Xen's block script looks after block devices; for images its check no longer
// works (it looks for hexadecimal device numbers in what losetup prints, which are decimal today), so it is made here.
#pragma once

#include <string>

#include "libxc-wrap/store.h"
#include "xend/devices/devices.h"

namespace xend {

// Throws Error with the classic text, without the words about the device, when `image` (a file) is in use in a way that
// does not go with `mode`: for w nobody else may have it, for r nobody may write it, w! is the administrator's own
// business. The same guest under another domain id, as in a migration to the same host, is no other guest.
void check_image_sharing(xc::Store& store, const DeviceOwner& owner, const std::string& image, const std::string& mode);

}  // namespace xend
