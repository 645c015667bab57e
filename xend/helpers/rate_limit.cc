#include "xend/helpers/rate_limit.h"

#include <algorithm>
#include <thread>
#include <utility>

namespace xend {
namespace {

constexpr std::chrono::milliseconds kBucket{100};  // what an idle stream may save up

}  // namespace

RateLimit::RateLimit(unsigned megabits, std::function<Clock::time_point()> now, Sleep sleep)
    : bytes_per_second_(megabits * 1e6 / 8), now_(std::move(now)), sleep_(std::move(sleep)) {}

void RateLimit::spend(std::size_t bytes) {
  if (bytes_per_second_ <= 0) return;
  const Clock::time_point now = now_();
  paid_until_ = std::max(paid_until_, now - kBucket);
  const std::chrono::duration<double> price(static_cast<double>(bytes) / bytes_per_second_);
  paid_until_ += std::chrono::duration_cast<Clock::duration>(price);
  if (paid_until_ > now) sleep_(paid_until_);
}

void RateLimit::real_sleep(Clock::time_point until) {
  std::this_thread::sleep_until(until);
}

}  // namespace xend
