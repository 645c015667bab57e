// What Xen is asked for the types of a guest's frames, and what is answered without asking.
#include "xend/helpers/type_query.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <numeric>
#include <set>
#include <stdexcept>

namespace xend {
namespace {

constexpr unsigned long kAbsent = TypeQuery::kAbsent;

class FakeXen {
 public:
  void populate(unsigned long first, unsigned long count) {
    for (unsigned long frame = first; frame < first + count; ++frame) there_.insert(frame);
  }
  FrameExtent extent() const { return {there_.size() + hidden, *there_.rbegin()}; }
  TypeQuery::Ask ask() {
    return [this](std::span<unsigned long> frames) {
      ++calls;
      if (fails) return errno = EPERM, -1;
      for (unsigned long& frame : frames) frame = there_.contains(frame) ? frame & 1 : kAbsent;
      return 0;
    };
  }
  // What the library is told of all frames, asking as it does.
  bool told_the_truth() {
    for (unsigned long first = 0; first <= *there_.rbegin(); first += 1024) {
      std::vector<unsigned long> frames(std::min(1024UL, *there_.rbegin() + 1 - first));
      std::iota(frames.begin(), frames.end(), first);
      if (TypeQuery::answer(frames, ask()) != 0) return false;
      for (unsigned long frame = first; const unsigned long type : frames) {
        if (type != (there_.contains(frame) ? frame & 1 : kAbsent)) return false;
        ++frame;
      }
    }
    return true;
  }
  int calls = 0;
  bool fails = false;
  std::uint64_t hidden = 0;

 private:
  std::set<unsigned long> there_;
};

// 8 MiB at the bottom, with a hole as a balloon leaves it, and the special pages below 4 GiB.
class TypeQueryTest : public testing::Test {
 protected:
  TypeQueryTest() {
    xen_.populate(0, 100);
    xen_.populate(200, 1848);
    xen_.populate(0xfc000, 9);
    xen_.populate(0xfeff8, 8);
  }
  FakeXen xen_;
};

TEST_F(TypeQueryTest, WithoutOneXenIsAskedForEverything) {
  EXPECT_TRUE(xen_.told_the_truth());
  EXPECT_EQ(xen_.calls, 1020);
}

TEST_F(TypeQueryTest, TheHoleIsNotAskedFor) {
  const TypeQuery query([this] { return xen_.extent(); });
  EXPECT_TRUE(xen_.told_the_truth());
  EXPECT_EQ(xen_.calls, 3 + 12 + 4) << "2 batches and the empty one, down to 0xfc000, and those where something is";
}

TEST_F(TypeQueryTest, AGuestWithoutSpecialPagesIsLookedAtUpwardOnly) {
  FakeXen xen;
  xen.populate(0, 2048);
  const TypeQuery query([&] { return xen.extent(); });
  EXPECT_TRUE(xen.told_the_truth());
  EXPECT_EQ(xen.calls, 2 + 2);
}

// There is a gap in the memory, and the count is not reached before all has been asked: what is found is the truth.
TEST_F(TypeQueryTest, GapsAreFound) {
  xen_.populate(0x40000, 1);
  const TypeQuery query([this] { return xen_.extent(); });
  EXPECT_TRUE(xen_.told_the_truth());
}

TEST_F(TypeQueryTest, WhenThePagesAreNotFoundXenIsAskedForEverything) {
  for (const int hidden : {1, -1}) {
    xen_.calls = 0;
    xen_.hidden = static_cast<std::uint64_t>(hidden);
    const TypeQuery query([this] { return xen_.extent(); });
    EXPECT_TRUE(xen_.told_the_truth());
    EXPECT_GE(xen_.calls, 1020) << hidden;
  }
}

TEST_F(TypeQueryTest, AfterItWasStoppedXenIsAskedForEverything) {
  TypeQuery query([this] { return xen_.extent(); });
  EXPECT_TRUE(xen_.told_the_truth());
  query.stop();
  xen_.calls = 0;
  EXPECT_TRUE(xen_.told_the_truth());
  EXPECT_EQ(xen_.calls, 1020);
  xen_.populate(0x50000, 10);
  EXPECT_TRUE(xen_.told_the_truth());
}

TEST_F(TypeQueryTest, StoppedBeforeItIsAskedItNeverLooks) {
  bool looked = false;
  TypeQuery query([&] {
    looked = true;
    return xen_.extent();
  });
  query.stop();
  EXPECT_TRUE(xen_.told_the_truth());
  EXPECT_FALSE(looked);
  EXPECT_EQ(xen_.calls, 1020);
}

TEST_F(TypeQueryTest, NothingIsAskedBeforeTheLibraryAsks) {
  bool asked = false;
  const TypeQuery query([&] {
    asked = true;
    return xen_.extent();
  });
  EXPECT_FALSE(asked);
  EXPECT_TRUE(xen_.told_the_truth());
  EXPECT_TRUE(asked);
}

TEST_F(TypeQueryTest, WhatXenRefusesIsTheLibrarysToTell) {
  xen_.fails = true;
  const TypeQuery query([this] { return xen_.extent(); });
  std::vector<unsigned long> frames(10);
  errno = 0;
  EXPECT_EQ(TypeQuery::answer(frames, xen_.ask()), -1);
  EXPECT_EQ(errno, EPERM);
  xen_.fails = false;
  EXPECT_TRUE(xen_.told_the_truth());
}

TEST_F(TypeQueryTest, AnExtentThatCannotBeHadOrBelievedIsDoneWithout) {
  for (const auto& extent :
       std::vector<std::function<FrameExtent()>>{[]() -> FrameExtent { throw std::runtime_error("no"); },
                                                 [] {
                                                   return FrameExtent{5, ~0UL};
                                                 }}) {
    xen_.calls = 0;
    const TypeQuery query(extent);
    EXPECT_TRUE(xen_.told_the_truth());
    EXPECT_EQ(xen_.calls, 1020);
  }
}

// Frames of several batches, one of which has something in it.
TEST_F(TypeQueryTest, AQuestionThatSpansBatchesIsAnsweredWhole) {
  const TypeQuery query([this] { return xen_.extent(); });
  std::vector<unsigned long> frames = {0x80000, 5, 0xfeff8, 0xffffffff};
  EXPECT_EQ(TypeQuery::answer(frames, xen_.ask()), 0);
  EXPECT_EQ(frames, (std::vector<unsigned long>{kAbsent, 1, 0, kAbsent}));
}

}  // namespace
}  // namespace xend
