// Whether a save image can fit where it is to be written, as far as that can be known before it is made. Pages of zeros
// and other memory with nothing in it nearly vanish, so that most images are much smaller than the memory of their
// domain: only what cannot fit in any case is refused.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "libxc-wrap/types.h"

namespace xend {

// What there is left, in bytes, of the file system that `path` is or would be on, that kept for root included: the
// daemon may use it. Nothing when the file system does not say.
std::optional<std::uint64_t> room_for(const std::string& path);

// No image of so much memory is smaller than this: LZ4 makes one byte of 255 at the very best. In bytes.
std::uint64_t least_image(xc::KiB memory);

// Throws Error when there is less room for an image at `path` than least_image of the `memory` that Xen has given the
// domain called `name`.
void require_room(const std::string& path, const std::string& name, xc::KiB memory);

}  // namespace xend
