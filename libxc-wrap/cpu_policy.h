// What CPUID answers a guest, as far as it decides on which hosts the guest can go on: how far the leaves go, and which
// features it finds. Both may differ between a guest and the most that a host would give to one.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace xc {

struct CpuPolicy {
  std::uint32_t basic_max = 0;          // the last leaf
  std::uint32_t feature_max = 0;        // the last subleaf of leaf 7
  std::uint32_t extended_max = 0;       // the last leaf from 0x80000000 on
  std::vector<std::uint32_t> features;  // Xen's featureset, word by word (xen/arch-x86/cpufeatureset.h)

  bool operator==(const CpuPolicy&) const = default;
};

// One answer of CPUID: eax, ebx, ecx, edx. A leaf without subleaves has 0xffffffff for one.
struct CpuidAnswer {
  std::uint32_t leaf = 0, subleaf = 0;
  std::array<std::uint32_t, 4> registers{};
};

CpuPolicy cpu_policy_of(const std::vector<CpuidAnswer>& answers);

// The features that `guest` has and `most` has not, by Xen's names in lower case ("avx2"), or "leaf 7 ebx bit 5" for
// one that this Xen has no name for. Left out is what Xen sets as it likes, whatever the CPU can do: state of the guest
// itself (OSXSAVE), its topology, and bits that say what a CPU lacks.
std::vector<std::string> missing_features(const CpuPolicy& guest, const CpuPolicy& most);

}  // namespace xc
