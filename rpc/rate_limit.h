// Keeps a flood of equal events from filling the log: so many per period, the rest counted.
#pragma once

#include <chrono>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

namespace rpc {

class RateLimit {
 public:
  // At most `events` in each `period`, which starts with the first event after the one before has ended.
  RateLimit(unsigned events, std::chrono::steady_clock::duration period) : events_(events), period_(period) {}

  // Counts one event. Nothing when it is one too many; otherwise how many were left out since the last that was not.
  std::optional<unsigned> admit() {
    const std::lock_guard lock(mutex_);
    const auto now = std::chrono::steady_clock::now();
    if (!start_ || now - *start_ >= period_) {
      start_ = now;
      admitted_ = 0;
    }
    if (admitted_ == events_) {
      left_out_++;
      return std::nullopt;
    }
    admitted_++;
    return std::exchange(left_out_, 0U);
  }

 private:
  const unsigned events_;
  const std::chrono::steady_clock::duration period_;
  std::mutex mutex_;
  std::optional<std::chrono::steady_clock::time_point> start_;
  unsigned admitted_ = 0;
  unsigned left_out_ = 0;
};

// ` (3 such lines left out before)`, for the line that is written after others were not; "" when none were left out.
inline std::string left_out_note(unsigned left_out) {
  return left_out == 0 ? "" : " (" + std::to_string(left_out) + " such lines left out before)";
}

}  // namespace rpc
