// Four at a time, in the order in which they came, and nobody for ever.
#include "xend/api/readers_turn.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace xend {
namespace {

using namespace std::chrono_literals;

TEST(ReadersTurn, ComesToThoseWhoWaitInTheirOrder) {
  std::vector<std::unique_ptr<ReadersTurn>> inside;
  for (unsigned i = 0; i < ReadersTurn::kAtOnce; ++i) inside.push_back(std::make_unique<ReadersTurn>());
  std::mutex mutex;
  std::vector<int> order;
  std::vector<std::thread> threads;
  for (int n = 0; n < 5; ++n) {
    threads.emplace_back([&, n] {
      const ReadersTurn turn;
      const std::lock_guard lock(mutex);
      order.push_back(n);
    });
    std::this_thread::sleep_for(50ms);  // so that they come in this order
  }
  EXPECT_TRUE(order.empty()) << "all places were taken";
  inside.pop_back();
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(order, (std::vector<int>{0, 1, 2, 3, 4}));
}

TEST(ReadersTurn, IsNotWaitedForEndlessly) {
  std::vector<std::unique_ptr<ReadersTurn>> stuck;
  for (unsigned i = 0; i < ReadersTurn::kAtOnce; ++i) stuck.push_back(std::make_unique<ReadersTurn>());
  std::thread([] { const ReadersTurn impatient(10ms); }).join();
  // That one has left no trace: the places are those of the four, and each can be had again.
  stuck.clear();
  for (unsigned i = 0; i < ReadersTurn::kAtOnce; ++i) stuck.push_back(std::make_unique<ReadersTurn>(1h));
  std::atomic<bool> entered = false;
  std::thread next([&] {
    const ReadersTurn turn(1h);
    entered = true;
  });
  std::this_thread::sleep_for(50ms);
  EXPECT_FALSE(entered) << "all places were taken";
  stuck.pop_back();
  next.join();
  EXPECT_TRUE(entered);
}

TEST(ReadersTurn, NeverLetsInMoreThanItSays) {
  std::atomic<unsigned> inside = 0, most = 0, done = 0;
  std::vector<std::thread> threads;
  for (int n = 0; n < 30; ++n)
    threads.emplace_back([&] {
      for (int i = 0; i < 200; ++i) {
        const ReadersTurn turn;
        const unsigned now = ++inside;
        for (unsigned before = most; now > before && !most.compare_exchange_weak(before, now);) continue;
        std::this_thread::yield();
        --inside;
        ++done;
      }
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(done, 6000U);
  EXPECT_LE(most, ReadersTurn::kAtOnce);
}

}  // namespace
}  // namespace xend
