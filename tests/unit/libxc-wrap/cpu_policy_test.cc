// Features of CPUs: where they are among CPUID's answers, and what they are called when a host lacks them.
#include "libxc-wrap/cpu_policy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace xc {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr std::uint32_t kNoSubleaf = 0xffffffff;

// What a guest has that saw `answers`, and a host that gives nothing has not.
std::vector<std::string> all_of(const std::vector<CpuidAnswer>& answers) {
  return missing_features(cpu_policy_of(answers), {});
}

TEST(CpuPolicy, EachRegisterHasItsNames) {
  EXPECT_THAT(all_of({{0x1, kNoSubleaf, {0, 0, 1u << 28, 1u << 26}}}), ElementsAre("sse2", "avx"));
  EXPECT_THAT(all_of({{0x80000001, kNoSubleaf, {0, 0, 1u << 5, 1u << 29}}}), ElementsAre("lm", "abm"));
  EXPECT_THAT(all_of({{0xd, 1, {1u << 1, 0, 0, 0}}}), ElementsAre("xsavec"));
  EXPECT_THAT(all_of({{0x7, 0, {2, 1u << 5 | 1u << 18, 1u << 9, 1u << 4}}}),
              ElementsAre("avx2", "rdseed", "vaes", "fsrm"));
  EXPECT_THAT(all_of({{0x80000007, kNoSubleaf, {0, 0, 0, 1u << 8}}}), ElementsAre("itsc"));
  EXPECT_THAT(all_of({{0x80000008, kNoSubleaf, {0, 1u << 12, 0, 0}}}), ElementsAre("ibpb"));
  EXPECT_THAT(all_of({{0x7, 1, {1u << 4, 1u << 0, 0, 1u << 18}}}), ElementsAre("avx_vnni", "intel_ppin", "cet_sss"));
  EXPECT_THAT(all_of({{0x7, 2, {0, 0, 0, 1u << 0}}}), ElementsAre("intel_psfd"));
  EXPECT_THAT(all_of({{0x80000021, kNoSubleaf, {1u << 6, 0, 1u << 1, 0}}}), ElementsAre("nscb", "tsa_sq_no"));
}

TEST(CpuPolicy, ABitWithoutANameIsCalledByItsPlace) {
  EXPECT_THAT(all_of({{0x1, kNoSubleaf, {0, 0, 1u << 16, 0}}}), ElementsAre("leaf 1 ecx bit 16"));
  EXPECT_THAT(all_of({{0x7, 0, {0, 1u << 22, 0, 0}}}), ElementsAre("leaf 7 ebx bit 22"));
  EXPECT_THAT(all_of({{0x7, 1, {0, 0, 1u << 3, 0}}}), ElementsAre("leaf 7.1 ecx bit 3"));
  EXPECT_THAT(all_of({{0x80000008, kNoSubleaf, {0, 1u << 31, 0, 0}}}), ElementsAre("leaf 0x80000008 ebx bit 31"));
  CpuPolicy newer;
  newer.features.resize(30);
  newer.features[29] = 1u << 7;
  EXPECT_THAT(missing_features(newer, {}), ElementsAre("feature word 29 bit 7"));
}

TEST(CpuPolicy, OfALeafWithSubleavesOnlyTheRightOneCounts) {
  EXPECT_THAT(all_of({{0x7, 3, {0, 1u << 5, 0, 0}}, {0xd, 0, {1u << 1, 0, 0, 0}}}), IsEmpty());
}

TEST(CpuPolicy, HowFarTheLeavesGo) {
  const auto policy = cpu_policy_of(
      {{0, kNoSubleaf, {0xd, 1, 2, 3}}, {0x7, 0, {2, 0, 0, 0}}, {0x80000000, kNoSubleaf, {0x80000021, 0, 0, 0}}});
  EXPECT_EQ(policy.basic_max, 0xdu);
  EXPECT_EQ(policy.feature_max, 2u);
  EXPECT_EQ(policy.extended_max, 0x80000021u);
}

TEST(CpuPolicy, WhatTheHostHasToo) {
  const CpuPolicy guest{0xd, 1, 0x80000008, {0, 0, 0, 0, 0, 1u << 5 | 1u << 18}};
  EXPECT_THAT(missing_features(guest, {0xd, 1, 0x80000008, {0, 0, 0, 0, 0, 1u << 5 | 1u << 3}}), ElementsAre("rdseed"));
  EXPECT_THAT(missing_features(guest, guest), IsEmpty());
  EXPECT_THAT(missing_features({}, guest), IsEmpty());
}

// Xen sets these by itself, in the guest or on a CPU that lacks something.
TEST(CpuPolicy, WhatIsNotOfTheCpuDoesNotCount) {
  EXPECT_THAT(all_of({{0x1, kNoSubleaf, {0, 0, 1u << 27 | 1u << 31, 1u << 9 | 1u << 28}},
                      {0x80000001, kNoSubleaf, {0, 0, 1u << 1, 0}},
                      {0x7, 0, {0, 1u << 6 | 1u << 13, 1u << 4, 1u << 11}}}),
              IsEmpty());
  // AMD's second copy of leaf 1.
  EXPECT_THAT(all_of({{0x80000001, kNoSubleaf, {0, 0, 0, 0x0183f3ff}}}), IsEmpty());
  EXPECT_THAT(all_of({{0x80000001, kNoSubleaf, {0, 0, 0, ~0u}}}), testing::SizeIs(32 - 18));
  // The words of IA32_ARCH_CAPABILITIES, which is no answer of CPUID's.
  CpuPolicy guest;
  guest.features.resize(19);
  guest.features[16] = guest.features[17] = ~0u;
  EXPECT_THAT(missing_features(guest, {}), IsEmpty());
}

}  // namespace
}  // namespace xc
