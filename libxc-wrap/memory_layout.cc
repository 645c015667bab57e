#include "libxc-wrap/memory_layout.h"

#include <algorithm>

namespace xc {

MemoryLayout around_hole(MiB memory, std::uint64_t hole_start) {
  const std::uint64_t bytes = memory.value << 20;
  MemoryLayout layout;
  layout.hole_start = hole_start;
  layout.hole_size = k4GiB - hole_start;
  layout.low_end = std::min(bytes, hole_start);
  if (bytes > layout.low_end) layout.high_end = k4GiB + (bytes - layout.low_end);
  return layout;
}

}  // namespace xc
