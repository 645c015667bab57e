// When the rounds of a live save end, on a clock of its own.
#include "xend/helpers/live_rounds.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <string>

#include "xend/helpers/failure.h"

namespace xend {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::StartsWith;
using Next = LiveRounds::Next;

constexpr std::uint64_t kMiB = 1024 * 1024;

class LiveRoundsTest : public testing::Test {
 protected:
  LiveRounds with(RoundLimits limits) {
    return LiveRounds(limits, [this] { return now; });
  }
  // A round that sends `mib` in `time`, while the guest writes `dirty` pages.
  void round(LiveRounds& rounds, std::uint64_t mib, std::chrono::milliseconds time, std::uint64_t dirty) {
    now += time;
    bytes += mib * kMiB;
    rounds.round_ended(dirty, bytes);
  }
  static std::string refusal(const LiveRounds& rounds, unsigned done, std::int64_t dirty) {
    try {
      rounds.next(done, dirty);
    } catch (const Failure& e) {
      EXPECT_EQ(e.error(), ETIME);
      return e.what();
    }
    return "";
  }

  LiveRounds::Clock::time_point now{1h};
  std::uint64_t bytes = 0;
};

struct Case {
  RoundLimits limits;
  unsigned rounds;
  std::int64_t dirty;
  Next next;
};

// Each after a gigabyte that went at 100 MiB/s, 25,600 pages a second.
TEST_F(LiveRoundsTest, Table) {
  const RoundLimits classic, seven{.max_rounds = 7}, brief{.max_downtime = 300ms};
  for (const Case& c : {
           Case{classic, 0, 1'044'480, Next::kRound},
           Case{classic, 1, -1, Next::kRound},
           Case{classic, 1, 50, Next::kRound},
           Case{classic, 1, 49, Next::kStopAndCopy},
           Case{classic, 4, 100'000, Next::kRound},
           Case{classic, 5, -1, Next::kStopAndCopy},
           Case{seven, 6, 100'000, Next::kRound},
           Case{seven, 7, -1, Next::kStopAndCopy},
           Case{brief, 0, 1'044'480, Next::kRound},
           Case{brief, 9, -1, Next::kRound},
           Case{brief, 1, 5'120, Next::kStopAndCopy},  // 200 ms, and 100 for what no number of pages tells
           Case{brief, 1, 5'146, Next::kRound},
           Case{brief, 29, 5'146, Next::kRound},
       }) {
    bytes = 0;
    LiveRounds rounds = with(c.limits);
    round(rounds, 1000, 10s, 0);
    EXPECT_EQ(rounds.next(c.rounds, c.dirty), c.next)
        << c.limits.max_downtime.count() << " " << c.limits.max_rounds << " " << c.rounds << " " << c.dirty;
  }
}

TEST_F(LiveRoundsTest, AGuestThatWritesTooFastIsGivenUpWithTheNumbers) {
  LiveRounds rounds = with({.max_downtime = 300ms, .max_rounds = 2});
  round(rounds, 1000, 10s, 40'000);
  EXPECT_EQ(refusal(rounds, 1, 40'000), "");
  round(rounds, 200, 2s, 25'600);
  EXPECT_EQ(refusal(rounds, 2, 25'600),
            "after 2 rounds in 12.0 s the rest would take 1100 ms at 100.0 MiB/s, more than the 300 ms allowed: the "
            "guest writes 50.0 MiB/s. Allow more with --max-downtime, or give it less to do.");
}

TEST_F(LiveRoundsTest, WithoutANumberOfRoundsThirtyAreEnough) {
  LiveRounds rounds = with({.max_downtime = 300ms});
  round(rounds, 1000, 10s, 40'000);
  EXPECT_EQ(refusal(rounds, 29, 40'000), "");
  EXPECT_THAT(refusal(rounds, 30, 40'000), StartsWith("after 30 rounds in 10.0 s"));
}

TEST_F(LiveRoundsTest, TheTimeEndsARoundInItsMidst) {
  LiveRounds rounds = with({.timeout = 30s});
  round(rounds, 1000, 10s, 25'600);
  now += 20s;
  rounds.require_time();
  now += 1ms;
  EXPECT_THROW(rounds.require_time(), Failure);
  EXPECT_THAT(refusal(rounds, 1, 25'600), StartsWith("the live copy was not done within the 30 s allowed: 1 rounds"));
}

// What fits does so however late it is: only the rest is left to be sent.
TEST_F(LiveRoundsTest, WhenTheTimeIsOverWhatFitsIsStopped) {
  LiveRounds rounds = with({.max_downtime = 300ms, .timeout = 5s});
  round(rounds, 1000, 10s, 100);
  EXPECT_EQ(rounds.next(1, 100), Next::kStopAndCopy);
  EXPECT_THAT(refusal(rounds, 1, 40'000), StartsWith("after 1 rounds in 10.0 s the rest"));
}

TEST_F(LiveRoundsTest, TheRateIsThatOfTheLastRounds) {
  LiveRounds rounds = with({});
  EXPECT_EQ(rounds.bytes_per_second(0), 0u);
  now += 2s;
  EXPECT_EQ(rounds.bytes_per_second(50 * kMiB), 25 * kMiB) << "in the first pass: that of the pass so far";
  round(rounds, 1000, 8s, 12'345);
  EXPECT_EQ(rounds.bytes_per_second(bytes), 100 * kMiB);
  EXPECT_EQ(rounds.dirty_per_second(), 1'234u);
  round(rounds, 100, 2s, 1);
  EXPECT_EQ(rounds.bytes_per_second(bytes), 50 * kMiB);
}

// Ten megabytes are in the buffers of a connection at once.
TEST_F(LiveRoundsTest, ASmallRoundSaysLittleAboutTheRate) {
  LiveRounds rounds = with({});
  round(rounds, 1000, 10s, 1);
  round(rounds, 10, 0ms, 1);
  EXPECT_NEAR(static_cast<double>(rounds.bytes_per_second(bytes)), 101.0 * kMiB, 0.1 * kMiB);
}

}  // namespace
}  // namespace xend
