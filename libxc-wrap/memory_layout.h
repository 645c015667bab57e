// Where a PVH or HVM guest's memory lies in its physical address space: around a hole that ends at 4 GiB, with the e820
// map that says so.
#pragma once

#include <cstdint>
#include <vector>

#include "libxc-wrap/types.h"

namespace xc {

inline constexpr std::uint64_t k4GiB = std::uint64_t{1} << 32;

struct MemoryRegion {
  enum class Type : std::uint32_t { kRam = 1, kReserved = 2, kAcpi = 3 };  // e820 numbers
  std::uint64_t start = 0, size = 0;                                       // bytes
  Type type = Type::kRam;
  bool operator==(const MemoryRegion&) const = default;
};

struct MemoryLayout {
  std::uint64_t low_end = 0;                    // RAM from 0 to here
  std::uint64_t high_end = 0;                   // RAM from 4 GiB to here; 0: none
  std::uint64_t hole_start = 0, hole_size = 0;  // up to 4 GiB
  std::vector<MemoryRegion> map;
};

// `memory` of RAM, as much of it as fits below the hole there and the rest from 4 GiB on; the map is still empty.
MemoryLayout around_hole(MiB memory, std::uint64_t hole_start);

}  // namespace xc
