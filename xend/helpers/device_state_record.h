// What stands in an image behind an HVM guest's memory: the state of its device model. The classic mark, then QEMU's
// own bytes up to the end of the image (spec protocols 2.1). Neither the daemon nor these programs look into it.
#pragma once

#include <cstdint>

#include "xend/helpers/byte_stream.h"

namespace xend {

// Appends mark and content of the open file `state`, from where it stands, to `image`. Throws Failure, also when that
// is more than 256 MiB: such an image could not be restored.
void write_device_state(ByteSink& image, int state);

// Reads mark and content from `image` to its end, and hands the content on to `state` (null: to nobody). Returns how
// long the content was; nothing of the content is there when even the mark is not: 0. Throws Failure when something
// else stands there, or more than 256 MiB.
std::uint64_t read_device_state(ByteSource& image, ByteSink* state);

}  // namespace xend
