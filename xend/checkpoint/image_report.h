// What xm-image says about a save image: read to its end without a domain, a daemon or Xen. For people and scripts
// (xm checkpoint-verify, checkpoint-info); what a restore goes by are Image and the configuration themselves.
#pragma once

#include "sxp/value.h"

namespace xend {

// Reads the image that begins where `fd` stands, to the end of the file. Returns
//
//   (image (name N) (uuid U) (type pv|pvh|hvm) (memory MIB) (maxmem MIB) (vcpus N) (device CLASS DETAIL) ...
//          (format framed|libxc|legacy) (version N) (compression lz4) (frames N) (memory_image BYTES) (pages N)
//          (pages_left_out N) (xen 4.17) (device_state BYTES) (behind BYTES) (bytes BYTES) (verdict VERDICT) (damage
//          TEXT))
//
// with those elements that the image has. `pages`: with data; `pages_left_out`: of zeros. `device_state`: of a device
// model. `behind`: follows the image and is no part of it. `bytes`: of all that was read. VERDICT is one of
//   whole      checksums cover every byte, and all of them are right
//   complete   a bare libxc stream: its records are all there, but have no checksums
//   unchecked  of Xen 4.5 or older: only Xen's converter knows its parts
//   damaged    `damage` says where and how; the elements are those that were read before
sxp::Value image_report(int fd);

}  // namespace xend
