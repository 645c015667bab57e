// Which memory is asked of Xen in one piece when a guest is restored, and what when there are no such pieces.
#include "xend/helpers/large_extents.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <map>
#include <numeric>
#include <set>
#include <vector>

namespace xend {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

using Frames = std::vector<unsigned long>;

Frames run(unsigned long first, unsigned long count) {
  Frames frames(count);
  std::iota(frames.begin(), frames.end(), first);
  return frames;
}

Frames operator+(Frames some, const Frames& more) {
  some.insert(some.end(), more.begin(), more.end());
  return some;
}

struct FakeXen {
  int populate(Frames frames) {
    return LargeExtents::populate(frames, [this](std::span<unsigned long> firsts, unsigned order) {
      int done = 0;
      for (const unsigned long first : firsts) {
        if (left[order] == 0) break;
        --left[order];
        asked[order].push_back(first);
        for (unsigned long i = 0; i < 1UL << order; ++i) EXPECT_TRUE(there.insert(first + i).second) << first + i;
        ++done;
      }
      return done > 0 || firsts.empty() ? done : refusal;
    });
  }

  std::map<unsigned, Frames> asked;  // by order
  std::map<unsigned, int> left{{0, 1 << 20}, {LargeExtents::kOrder, 1 << 20}};
  int refusal = -1;
  std::set<unsigned long> there;
};

TEST(LargeExtents, AreAskedForWhereAllTheirPagesAre) {
  FakeXen xen;
  EXPECT_EQ(xen.populate(run(1024, 1024)), 0);
  EXPECT_THAT(xen.asked[9], ElementsAre(1024, 1536));
  EXPECT_THAT(xen.asked[0], IsEmpty());
  EXPECT_EQ(xen.there.size(), 1024U);
}

TEST(LargeExtents, AnythingElseComesPageByPage) {
  FakeXen xen;
  EXPECT_EQ(xen.populate(run(1025, 600)), 0) << "511 and 89 of two extents";
  EXPECT_EQ(xen.populate(run(4096, 100) + run(4197, 411)), 0) << "a hole";
  EXPECT_EQ(xen.populate(run(8192 + 1, 511) + run(8192, 1)), 0) << "another order than the guest's";
  EXPECT_THAT(xen.asked[9], IsEmpty());
  EXPECT_EQ(xen.there.size(), 600U + 511U + 512U);
}

TEST(LargeExtents, ARecordMayHoldBoth) {
  FakeXen xen;
  EXPECT_EQ(xen.populate(run(500, 12) + run(512, 512) + run(1024, 7)), 0);
  EXPECT_THAT(xen.asked[9], ElementsAre(512));
  EXPECT_EQ(xen.asked[0], run(500, 12) + run(1024, 7));
}

TEST(LargeExtents, WhatXenHasNotInOnePieceComesPageByPage) {
  FakeXen xen;
  xen.left[9] = 1;
  EXPECT_EQ(xen.populate(run(0, 1536)), 0);
  EXPECT_THAT(xen.asked[9], ElementsAre(0));
  EXPECT_EQ(xen.asked[0], run(512, 1024));
  EXPECT_EQ(xen.populate(run(2048, 512)), 0) << "none at all now";
  EXPECT_EQ(xen.there.size(), 2048U);
}

TEST(LargeExtents, TooLittleMemoryIsAnError) {
  FakeXen xen;
  xen.left = {{0, 100}, {9, 0}};
  errno = 0;
  EXPECT_EQ(xen.populate(run(0, 512)), -1);
  EXPECT_EQ(errno, EBUSY);
  EXPECT_EQ(xen.populate(run(1024, 1)), -1) << "Xen's own errno stays";
}

TEST(LargeExtents, ArePutToUseOnlyWhileOneIsThere) {
  EXPECT_FALSE(LargeExtents::active());
  {
    const LargeExtents large;
    EXPECT_TRUE(LargeExtents::active());
  }
  EXPECT_FALSE(LargeExtents::active());
}

}  // namespace
}  // namespace xend
