#include "libxc-wrap/pvh_memory.h"

extern "C" {
#include <xenctrl.h>
#include <xenguest.h>
}

#include "libxc-wrap/acpi_tables.h"

namespace xc {

MemoryLayout pvh_memory(MiB memory, std::uint64_t acpi_bytes) {
  constexpr std::uint64_t kSpecialPages =
      std::uint64_t{X86_HVM_END_SPECIAL_REGION - X86_HVM_NR_SPECIAL_PAGES} * XC_PAGE_SIZE;
  MemoryLayout layout = around_hole(memory, kAcpiAddress);
  using Type = MemoryRegion::Type;
  layout.map.push_back({0, layout.low_end, Type::kRam});
  layout.map.push_back({kAcpiAddress, acpi_bytes, Type::kAcpi});
  layout.map.push_back({kSpecialPages, std::uint64_t{X86_HVM_NR_SPECIAL_PAGES} * XC_PAGE_SIZE, Type::kReserved});
  if (layout.high_end != 0) layout.map.push_back({k4GiB, layout.high_end - k4GiB, Type::kRam});
  return layout;
}

}  // namespace xc
