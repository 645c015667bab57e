// What CPUID is to answer in a guest where that differs from what Xen would have it answer.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace xc {

struct CpuidLeaf {
  std::uint32_t leaf = 0;                // what the guest has in eax
  std::optional<std::uint32_t> subleaf;  // and in ecx; nothing: whatever it has there
  // Of eax, ebx, ecx, edx: "" leaves it alone; otherwise 32 characters, the first for bit 31: 1 and 0 set the bit, x is
  // Xen's default, k and s are what the host has.
  std::array<std::string, 4> registers;

  bool operator==(const CpuidLeaf&) const = default;
};

using CpuidPolicy = std::vector<CpuidLeaf>;

}  // namespace xc
