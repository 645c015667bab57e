#include "libxc-wrap/pvh_memory.h"

#include <algorithm>

extern "C" {
#include <xenctrl.h>
#include <xenguest.h>
}

#include "libxc-wrap/acpi_tables.h"

namespace xc {

PvhMemory pvh_memory(MiB memory, std::uint64_t acpi_bytes) {
  constexpr std::uint64_t k4GiB = std::uint64_t{1} << 32;
  constexpr std::uint64_t kSpecialPages =
      std::uint64_t{X86_HVM_END_SPECIAL_REGION - X86_HVM_NR_SPECIAL_PAGES} * XC_PAGE_SIZE;
  const std::uint64_t bytes = memory.value << 20;
  PvhMemory layout;
  layout.hole_start = kAcpiAddress;
  layout.hole_size = k4GiB - layout.hole_start;
  layout.low_end = std::min(bytes, layout.hole_start);
  if (bytes > layout.low_end) layout.high_end = k4GiB + (bytes - layout.low_end);

  using Type = MemoryRegion::Type;
  layout.map.push_back({0, layout.low_end, Type::kRam});
  layout.map.push_back({kAcpiAddress, acpi_bytes, Type::kAcpi});
  layout.map.push_back({kSpecialPages, std::uint64_t{X86_HVM_NR_SPECIAL_PAGES} * XC_PAGE_SIZE, Type::kReserved});
  if (layout.high_end != 0) layout.map.push_back({k4GiB, layout.high_end - k4GiB, Type::kRam});
  return layout;
}

}  // namespace xc
