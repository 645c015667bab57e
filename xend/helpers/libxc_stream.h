// The shape of libxenguest's own stream, versions 2 and 3 (spec protocols 8.2): enough to find its end, to say where it
// is damaged, and what it tells of its origin, without touching a domain.
#pragma once

#include <cstdint>

#include "xend/helpers/byte_stream.h"

namespace xend {

struct LibxcStream {
  std::uint64_t bytes = 0;           // from its first one to the end of its END record
  std::uint64_t records = 0;         // before the END record
  std::uint64_t pages = 0;           // with data; counted each time they come
  std::uint64_t pages_left_out = 0;  // that are to be there, without data
  std::uint32_t version = 0;
  std::uint32_t xen_major = 0, xen_minor = 0;  // of the Xen that wrote it; major 0: Xen's converter did
};

// Reads a stream from its first byte to the end of its END record. Throws Failure with the offset in the stream when it
// is cut short or not such a stream.
LibxcStream walk_libxc_stream(ByteSource& source);

}  // namespace xend
