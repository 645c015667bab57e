#include "tests/fakes/fake_store.h"

#include <gtest/gtest.h>

#include <cerrno>

namespace fakes {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

xc::Deadline soon() {
  return steady_clock::now() + milliseconds(1);
}

// The paths of all events that are there.
std::vector<std::string> events(xc::Watch& watch) {
  std::vector<std::string> paths;
  while (const auto event = watch.wait(soon())) paths.push_back(event->path);
  return paths;
}

TEST(FakeStore, WritesMakeParentsAndRemovesTakeChildren) {
  FakeStore store;
  store.write("/a/b/c", "1");
  EXPECT_EQ(store.read("/a/b"), "");
  EXPECT_EQ(store.list("/a"), std::vector<std::string>{"b"});
  store.remove("/a/b");
  EXPECT_EQ(store.read("/a/b/c"), std::nullopt);
  EXPECT_TRUE(store.list("/a").empty());
  store.remove("/a/b");
}

TEST(FakeStore, RelativePathsAreDom0s) {
  FakeStore store;
  store.write("memory/target", "5");
  EXPECT_EQ(store.read("/local/domain/0/memory/target"), "5");
}

TEST(FakeStore, LongValuesAreRefused) {
  FakeStore store;
  store.write("/a", "12345");
  EXPECT_THROW(store.read("/a", 4), xc::Error);
  EXPECT_THROW(store.write("/a", std::string(5000, 'x')), xc::Error);
}

TEST(FakeStore, WatchFiresOnceAtOnceThenForChangesAtBelowAndAbove) {
  FakeStore store;
  store.write("/a/b", "");
  const auto watch = store.watch();
  watch->add("/a/b", "t");
  EXPECT_EQ(events(*watch), std::vector<std::string>{"/a/b"});
  store.write("/a/b/c", "1");
  store.write("/a/bc", "1");
  EXPECT_EQ(events(*watch), std::vector<std::string>{"/a/b/c"});
  store.remove("/a");
  EXPECT_EQ(events(*watch), std::vector<std::string>{"/a/b"});
  watch->remove("/a/b", "t");
  store.write("/a/b", "2");
  EXPECT_TRUE(events(*watch).empty());
}

TEST(FakeStore, WakeAndSpecialEvents) {
  FakeStore store;
  const auto watch = store.watch();
  watch->wake();
  EXPECT_EQ(watch->wait(xc::Deadline::max()), std::nullopt);
  watch->add("@releaseDomain", "r");
  events(*watch);
  store.fire("@releaseDomain");
  EXPECT_EQ(events(*watch), std::vector<std::string>{"@releaseDomain"});
}

TEST(FakeStore, TransactionIsAllOrNothing) {
  FakeStore store;
  const auto watch = store.watch();
  watch->add("/a", "t");
  events(*watch);
  EXPECT_THROW(store.transaction([&](xc::Store& inside) {
    inside.write("/a", "1");
    EXPECT_EQ(inside.read("/a"), "1");
    EXPECT_EQ(store.read("/a"), std::nullopt);
    throw xc::Error("stop", 0);
  }),
               xc::Error);
  EXPECT_EQ(store.read("/a"), std::nullopt);
  EXPECT_TRUE(events(*watch).empty());
  store.transaction([](xc::Store& inside) { inside.write("/a", "2"); });
  EXPECT_EQ(store.read("/a"), "2");
  EXPECT_EQ(events(*watch), std::vector<std::string>{"/a"});
}

TEST(FakeStore, TransactionRunsAgainWhenSomebodyInterferes) {
  FakeStore store;
  int runs = 0;
  store.transaction([&](xc::Store& inside) {
    if (++runs == 1) store.write("/other", "x");
    inside.write("/a", "1");
  });
  EXPECT_EQ(runs, 2);
  EXPECT_EQ(store.read("/other"), "x");
  store.conflict_next(2);
  runs = 0;
  store.transaction([&](xc::Store&) { ++runs; });
  EXPECT_EQ(runs, 3);
}

TEST(FakeStore, FailsAsTold) {
  FakeStore store;
  store.fail_next("write", ENOSPC, "/b");
  store.write("/a", "1");
  try {
    store.write("/b", "1");
    FAIL();
  } catch (const xc::Error& error) {
    EXPECT_EQ(error.error(), ENOSPC);
  }
  store.write("/b", "1");
}

}  // namespace
}  // namespace fakes
