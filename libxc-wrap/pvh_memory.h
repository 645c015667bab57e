// Where a PVH guest's memory lies in its physical address space, and the e820 map that tells it so.
#pragma once

#include <cstdint>

#include "libxc-wrap/memory_layout.h"
#include "libxc-wrap/types.h"

namespace xc {

// The hole has ACPI tables, local APICs and Xen's special pages.
// `memory` of RAM and `acpi_bytes` of tables at kAcpiAddress (spec modern-xen 26.4).
MemoryLayout pvh_memory(MiB memory, std::uint64_t acpi_bytes);

}  // namespace xc
