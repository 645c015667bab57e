#include "libxc-wrap/hvm_machine.h"

#include <gtest/gtest.h>

namespace xc {
namespace {

TEST(HvmMemory, ASmallGuestLiesBelowTheHole) {
  const MemoryLayout layout = hvm_memory(MiB{192});
  EXPECT_EQ(layout.low_end, 192U << 20);
  EXPECT_EQ(layout.high_end, 0U);
  EXPECT_EQ(layout.hole_start, 0xf0000000U);
  EXPECT_EQ(layout.hole_size, 0x10000000U);
  // hvmloader describes the first MiB itself.
  EXPECT_EQ(layout.map, (std::vector<MemoryRegion>{{1 << 20, 191U << 20}}));
}

TEST(HvmMemory, TheRestMovesAboveFourGib) {
  const MemoryLayout layout = hvm_memory(MiB{4096});
  EXPECT_EQ(layout.low_end, 0xf0000000U);
  EXPECT_EQ(layout.high_end, k4GiB + (256 << 20));
  EXPECT_EQ(layout.map, (std::vector<MemoryRegion>{{1 << 20, 0xf0000000U - (1 << 20)}, {k4GiB, 256 << 20}}));
}

}  // namespace
}  // namespace xc
