// A piece of a guest's physical address space, as its e820 map has it.
#pragma once

#include <cstdint>

namespace xc {

struct MemoryRegion {
  enum class Type : std::uint32_t { kRam = 1, kReserved = 2, kAcpi = 3 };  // e820 numbers
  std::uint64_t start = 0, size = 0;                                       // bytes
  Type type = Type::kRam;
  bool operator==(const MemoryRegion&) const = default;
};

}  // namespace xc
