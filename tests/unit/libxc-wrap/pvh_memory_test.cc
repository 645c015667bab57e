#include "libxc-wrap/pvh_memory.h"

#include <gtest/gtest.h>

namespace xc {
namespace {

using Type = MemoryRegion::Type;

constexpr std::uint64_t kGiB4 = std::uint64_t{1} << 32;

TEST(PvhMemory, SmallGuestLiesBelowTheHole) {
  const MemoryLayout layout = pvh_memory(MiB{128}, 4096);
  EXPECT_EQ(layout.low_end, 128U << 20);
  EXPECT_EQ(layout.high_end, 0U);
  EXPECT_EQ(layout.hole_start + layout.hole_size, kGiB4);
  const std::vector<MemoryRegion> expected = {
      {0, 128U << 20, Type::kRam}, {0xfc000000, 4096, Type::kAcpi}, {0xfeff8000, 8 * 4096, Type::kReserved}};
  EXPECT_EQ(layout.map, expected);
}

TEST(PvhMemory, TheRestMovesAboveFourGib) {
  const MemoryLayout layout = pvh_memory(MiB{5000}, 4096);
  EXPECT_EQ(layout.low_end, 0xfc000000U);
  EXPECT_EQ(layout.high_end - kGiB4, (std::uint64_t{5000} << 20) - 0xfc000000);
  ASSERT_EQ(layout.map.size(), 4U);
  EXPECT_EQ(layout.map[3], (MemoryRegion{kGiB4, layout.high_end - kGiB4, Type::kRam}));
}

TEST(PvhMemory, ExactlyTheHolesStartNeedsNothingAbove) {
  const MemoryLayout layout = pvh_memory(MiB{0xfc0}, 4096);
  EXPECT_EQ(layout.low_end, 0xfc000000U);
  EXPECT_EQ(layout.high_end, 0U);
  EXPECT_EQ(layout.map.size(), 3U);
}

}  // namespace
}  // namespace xc
