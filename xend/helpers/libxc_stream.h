// The shape of libxenguest's own stream, versions 2 and 3 (spec protocols 8.2): enough to find its end and to say where
// it is damaged, without touching a domain.
#pragma once

#include <cstdint>

#include "xend/helpers/byte_stream.h"

namespace xend {

// Reads a stream from its first byte to the end of its END record, and returns its length in bytes. Throws Failure with
// the offset in the stream when it is cut short or not such a stream.
std::uint64_t walk_libxc_stream(ByteSource& source);

}  // namespace xend
