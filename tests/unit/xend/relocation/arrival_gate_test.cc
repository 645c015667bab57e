// One arrival of a guest at a time.
#include "xend/relocation/arrival_gate.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

namespace xend {
namespace {

using namespace std::chrono_literals;

constexpr auto kLong = 60s;

const xc::Uuid kOne = *xc::Uuid::parse("c0ffee00-0000-0000-0000-000000000001");
const xc::Uuid kTwo = *xc::Uuid::parse("c0ffee00-0000-0000-0000-000000000002");

TEST(ArrivalGate, TheSameGuestWaitsUntilItsEarlierArrivalIsOver) {
  ArrivalGate gate;
  std::atomic<bool> entered = false;
  std::thread again;
  {
    const auto first = gate.enter(kOne, kLong);
    again = std::thread([&] {
      const auto second = gate.enter(kOne, kLong);
      entered = true;
    });
    std::this_thread::sleep_for(50ms);
    EXPECT_FALSE(entered);
  }
  again.join();
  EXPECT_TRUE(entered);
}

TEST(ArrivalGate, AnotherGuestDoesNotWait) {
  ArrivalGate gate;
  const auto one = gate.enter(kOne, kLong);
  const auto began = std::chrono::steady_clock::now();
  const auto two = gate.enter(kTwo, kLong);
  EXPECT_LT(std::chrono::steady_clock::now() - began, kLong / 2);
}

TEST(ArrivalGate, NobodyWaitsForEver) {
  ArrivalGate gate;
  const auto first = gate.enter(kOne, kLong);
  {
    const auto second = gate.enter(kOne, 20ms);  // and is in, for the refusal that will come
  }
  const auto began = std::chrono::steady_clock::now();
  const auto third = gate.enter(kOne, 20ms);  // the first one is still under way
  EXPECT_GE(std::chrono::steady_clock::now() - began, 20ms);
}

}  // namespace
}  // namespace xend
