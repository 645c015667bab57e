// Keeps a stream below a rate, on average: a token bucket that holds a tenth of a second.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>

namespace xend {

class RateLimit {
 public:
  using Clock = std::chrono::steady_clock;
  using Sleep = std::function<void(Clock::time_point until)>;

  // `megabits` per second, of 1,000,000 bits; 0: no limit. `now` and `sleep` are the real ones unless a test brings
  // others.
  explicit RateLimit(unsigned megabits, std::function<Clock::time_point()> now = Clock::now, Sleep sleep = real_sleep);

  // Returns when `bytes` more may go out.
  void spend(std::size_t bytes);

 private:
  static void real_sleep(Clock::time_point until);

  double bytes_per_second_;
  std::function<Clock::time_point()> now_;
  Sleep sleep_;
  Clock::time_point paid_until_;  // all that has been spent is paid for at this time
};

}  // namespace xend
