// Four at a time, in the order in which they came, and nobody for ever.
#include "xend/api/readers_turn.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <future>
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

// Whether the thread has ended by itself within five seconds. If not, `release` must make it.
template <typename Release>
bool ends(std::future<void> thread, Release&& release) {
  if (thread.wait_for(5s) == std::future_status::ready) return true;
  release();
  thread.wait();
  return false;
}

TEST(ReadersTurn, IsNotWaitedForEndlessly) {
  std::vector<std::unique_ptr<ReadersTurn>> stuck;
  for (unsigned i = 0; i < ReadersTurn::kAtOnce; ++i) stuck.push_back(std::make_unique<ReadersTurn>());
  auto impatient = std::async(std::launch::async, [] { const ReadersTurn turn(10ms); });
  ASSERT_TRUE(ends(std::move(impatient), [&] { stuck.clear(); })) << "it waited for those who were stuck";
  // That one has left no trace: the places are those of the four, and each can be had again.
  stuck.clear();
  const auto before = std::chrono::steady_clock::now();
  for (unsigned i = 0; i < ReadersTurn::kAtOnce; ++i) stuck.push_back(std::make_unique<ReadersTurn>(10s));
  EXPECT_LT(std::chrono::steady_clock::now() - before, 5s) << "a place was lost";
  std::atomic<bool> entered = false;
  auto next = std::async(std::launch::async, [&] {
    const ReadersTurn turn(20s);
    entered = true;
  });
  std::this_thread::sleep_for(50ms);
  EXPECT_FALSE(entered) << "all places were taken";
  stuck.pop_back();
  EXPECT_TRUE(ends(std::move(next), [&] { stuck.clear(); })) << "a place was free";
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
