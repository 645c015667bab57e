#include "libxc-wrap/cpu_policy.h"

#include <algorithm>
#include <cctype>
#include <cstdio>
#include <string_view>

extern "C" {
#include <xen/arch-x86/cpufeatureset.h>
}

namespace xc {
namespace {

constexpr std::uint32_t kNoSubleaf = 0xffffffff;
constexpr unsigned kBits = 32;  // of a word

enum Register { kEax, kEbx, kEcx, kEdx };

// Where a word of Xen's featureset comes from. Its words 16 and 17 are of a register that is no answer of CPUID's.
struct Place {
  std::uint32_t leaf = 0, subleaf = kNoSubleaf;
  Register answer = kEax;

  bool of_cpuid() const { return leaf != 0; }
};
constexpr std::array<Place, 19> kPlaces{{{0x1, kNoSubleaf, kEdx},
                                         {0x1, kNoSubleaf, kEcx},
                                         {0x80000001, kNoSubleaf, kEdx},
                                         {0x80000001, kNoSubleaf, kEcx},
                                         {0xd, 1, kEax},
                                         {0x7, 0, kEbx},
                                         {0x7, 0, kEcx},
                                         {0x80000007, kNoSubleaf, kEdx},
                                         {0x80000008, kNoSubleaf, kEbx},
                                         {0x7, 0, kEdx},
                                         {0x7, 1, kEax},
                                         {0x80000021, kNoSubleaf, kEax},
                                         {0x7, 1, kEbx},
                                         {0x7, 2, kEdx},
                                         {0x7, 1, kEcx},
                                         {0x7, 1, kEdx},
                                         {},
                                         {},
                                         {0x80000021, kNoSubleaf, kEcx}}};

struct Name {
  unsigned bit;
  std::string_view name;
};
constexpr Name kNames[] = {
#define XEN_CPUFEATURE(name, value) {value, #name},
#include <xen/arch-x86/cpufeatureset.h>
#undef XEN_CPUFEATURE
};

// What no host has to have for a guest's sake.
constexpr std::array<unsigned, 9> kNotOfTheCpu{
    XEN_X86_FEATURE_APIC,          XEN_X86_FEATURE_HTT,        XEN_X86_FEATURE_OSXSAVE,
    XEN_X86_FEATURE_HYPERVISOR,    XEN_X86_FEATURE_OSPKE,      XEN_X86_FEATURE_CMP_LEGACY,
    XEN_X86_FEATURE_FDP_EXCP_ONLY, XEN_X86_FEATURE_NO_FPU_SEL, XEN_X86_FEATURE_RTM_ALWAYS_ABORT};

// AMD's CPUs repeat bits of leaf 1 in leaf 0x80000001. Xen does so for a domain, but not for the most that it gives.
constexpr unsigned kExtendedEdx = 2;  // the word
constexpr std::uint32_t kRepeated = 0x0183f3ff;

bool counts(unsigned bit) {
  const unsigned word = bit / kBits;
  if (word == kExtendedEdx && (kRepeated >> bit % kBits & 1) != 0) return false;
  const bool known_as_other = word < kPlaces.size() && !kPlaces[word].of_cpuid();
  return !known_as_other && std::find(kNotOfTheCpu.begin(), kNotOfTheCpu.end(), bit) == kNotOfTheCpu.end();
}

std::string lower(std::string_view name) {
  std::string text(name);
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text;
}

std::string name_of(unsigned bit) {
  const auto* found = std::find_if(std::begin(kNames), std::end(kNames), [&](const Name& n) { return n.bit == bit; });
  if (found != std::end(kNames)) return lower(found->name);
  const unsigned word = bit / kBits;
  const std::string number = " bit " + std::to_string(bit % kBits);
  if (word >= kPlaces.size()) return "feature word " + std::to_string(word) + number;
  static constexpr std::array<const char*, 4> kRegisters{"eax", "ebx", "ecx", "edx"};
  const Place& place = kPlaces[word];
  std::array<char, 16> leaf{};
  std::snprintf(leaf.data(), leaf.size(), place.leaf < 0xa ? "%x" : "0x%x", place.leaf);
  const bool numbered = place.subleaf != kNoSubleaf && place.subleaf != 0;
  return std::string("leaf ") + leaf.data() + (numbered ? "." + std::to_string(place.subleaf) : "") + " " +
         kRegisters[place.answer] + number;
}

}  // namespace

CpuPolicy cpu_policy_of(const std::vector<CpuidAnswer>& answers) {
  CpuPolicy policy;
  policy.features.resize(kPlaces.size());
  for (const CpuidAnswer& answer : answers) {
    if (answer.leaf == 0) policy.basic_max = answer.registers[kEax];
    if (answer.leaf == 0x7 && answer.subleaf == 0) policy.feature_max = answer.registers[kEax];
    if (answer.leaf == 0x80000000) policy.extended_max = answer.registers[kEax];
    for (std::size_t word = 0; word < kPlaces.size(); ++word) {
      const Place& place = kPlaces[word];
      if (place.of_cpuid() && place.leaf == answer.leaf && place.subleaf == answer.subleaf)
        policy.features[word] = answer.registers[place.answer];
    }
  }
  return policy;
}

std::vector<std::string> missing_features(const CpuPolicy& guest, const CpuPolicy& most) {
  std::vector<std::string> missing;
  for (unsigned word = 0; word < guest.features.size(); ++word) {
    const std::uint32_t here = word < most.features.size() ? most.features[word] : 0;
    for (unsigned bit = 0; bit < kBits; ++bit)
      if (((guest.features[word] & ~here) >> bit & 1) != 0 && counts(word * kBits + bit))
        missing.push_back(name_of(word * kBits + bit));
  }
  return missing;
}

}  // namespace xc
