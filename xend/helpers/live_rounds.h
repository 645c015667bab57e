// When the rounds of a live save end: what is measured of them, what the guest would still have to stand still for, and
// whether another round follows, the guest is stopped for the rest, or the save is given up. Pure policy; xc_save asks.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>

namespace xend {

// What may be asked of a live save.
struct RoundLimits {
  // How long the guest may stand still, by the estimate; 0: as long as it takes, after the classic five rounds.
  std::chrono::milliseconds max_downtime{0};
  unsigned max_rounds = 0;          // the first pass is one; 0: five, or thirty when there is a max_downtime
  std::chrono::seconds timeout{0};  // for all rounds together, while the guest runs; 0: none
};

class LiveRounds {
 public:
  using Clock = std::chrono::steady_clock;
  enum class Next { kRound, kStopAndCopy };

  // The first pass begins now.
  explicit LiveRounds(RoundLimits limits, std::function<Clock::time_point()> now = Clock::now)
      : limits_(limits), now_(std::move(now)), began_(now_()), round_began_(began_) {}

  // A round has ended: `dirty` pages were written meanwhile, and `bytes` of memory have gone out since the beginning.
  void round_ended(std::uint64_t dirty, std::uint64_t bytes);

  // What follows after `rounds` of them. `dirty`: as told to round_ended(), or -1 while it is not known. Throws Failure
  // (ETIME) with the numbers when the guest cannot be moved within the limits.
  Next next(unsigned rounds, std::int64_t dirty) const;
  // To be asked while a round lasts. Throws Failure as next() does when the time is over.
  void require_time() const;

  // Bytes of memory a second in the last rounds, or, while `bytes` of the first are out, in that; 0: nothing is known.
  std::uint64_t bytes_per_second(std::uint64_t bytes) const;
  std::uint64_t dirty_per_second() const { return dirty_per_second_; }  // pages, in the last round
  // How long the guest would stand still if it were stopped now with so many pages to be sent.
  std::chrono::milliseconds estimate(std::uint64_t dirty) const;

  // For stopping it, and at the destination for devices and the last word: what no number of pages tells.
  static constexpr std::chrono::milliseconds kFixedPart{100};

 private:
  bool time_is_over() const;
  [[noreturn]] void give_up(unsigned rounds, std::uint64_t dirty) const;
  double seconds_since_begin() const;

  RoundLimits limits_;
  std::function<Clock::time_point()> now_;
  Clock::time_point began_, round_began_;
  std::uint64_t bytes_at_round_ = 0;
  unsigned rounds_done_ = 0;
  // What the rate is taken from: the last round, and those before it as long as all were too small to say much.
  std::uint64_t measured_bytes_ = 0;
  double measured_seconds_ = 0;
  std::uint64_t dirty_per_second_ = 0;
};

}  // namespace xend
