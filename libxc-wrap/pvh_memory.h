// Where a PVH guest's memory lies in its physical address space, and the e820 map that tells it so.
#pragma once

#include <cstdint>
#include <vector>

#include "libxc-wrap/memory_region.h"
#include "libxc-wrap/types.h"

namespace xc {

struct PvhMemory {
  std::uint64_t low_end = 0;                    // RAM from 0 to here
  std::uint64_t high_end = 0;                   // RAM from 4 GiB to here; 0: none
  std::uint64_t hole_start = 0, hole_size = 0;  // up to 4 GiB: ACPI tables, local APICs, Xen's special pages
  std::vector<MemoryRegion> map;
};

// `memory` of RAM and `acpi_bytes` of tables at kAcpiAddress (spec modern-xen 26.4).
PvhMemory pvh_memory(MiB memory, std::uint64_t acpi_bytes);

}  // namespace xc
