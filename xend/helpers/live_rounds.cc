#include "xend/helpers/live_rounds.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>

#include "xend/helpers/failure.h"

namespace xend {
namespace {

using Seconds = std::chrono::duration<double>;

constexpr std::uint64_t kPage = 4096;
constexpr double kMiB = 1024 * 1024;
constexpr unsigned kClassicRounds = 5;
constexpr std::int64_t kFewDirty = 50;  // pages: classically, not worth another round
constexpr unsigned kRoundsUntilItFits = 30;
// A smaller round fits into the buffers of a connection, and would look as if that were endlessly fast.
constexpr std::uint64_t kSayingMuch = 16 * 1024 * 1024;
constexpr double kShortestTime = 0.001;

}  // namespace

void LiveRounds::round_ended(std::uint64_t dirty, std::uint64_t bytes) {
  const auto now = now_();
  const double seconds = std::max(Seconds(now - round_began_).count(), kShortestTime);
  const std::uint64_t sent = bytes - bytes_at_round_;
  if (sent >= kSayingMuch) measured_bytes_ = 0, measured_seconds_ = 0;
  measured_bytes_ += sent;
  measured_seconds_ += seconds;
  dirty_per_second_ = static_cast<std::uint64_t>(static_cast<double>(dirty) / seconds);
  bytes_at_round_ = bytes;
  round_began_ = now;
  ++rounds_done_;
}

LiveRounds::Next LiveRounds::next(unsigned rounds, std::int64_t dirty) const {
  if (rounds == 0) return Next::kRound;
  if (limits_.max_downtime.count() == 0) {
    const bool few = dirty >= 0 && dirty < kFewDirty;
    if (few || rounds >= (limits_.max_rounds != 0 ? limits_.max_rounds : kClassicRounds)) return Next::kStopAndCopy;
    require_time();
    return Next::kRound;
  }
  if (dirty < 0) return Next::kRound;
  const auto left = static_cast<std::uint64_t>(dirty);
  if (estimate(left) <= limits_.max_downtime) return Next::kStopAndCopy;
  const bool last = rounds >= (limits_.max_rounds != 0 ? limits_.max_rounds : kRoundsUntilItFits);
  if (last || time_is_over()) give_up(rounds, left);
  return Next::kRound;
}

void LiveRounds::require_time() const {
  if (!time_is_over()) return;
  throw Failure(
      fmt::format("the live copy was not done within the {} s allowed: {} rounds were, at {:.1f} MiB/s, and "
                  "the guest writes {:.1f} MiB/s. Allow more with --timeout, or give it less to do.",
                  limits_.timeout.count(), rounds_done_, static_cast<double>(bytes_per_second(bytes_at_round_)) / kMiB,
                  static_cast<double>(dirty_per_second_ * kPage) / kMiB),
      ETIME);
}

bool LiveRounds::time_is_over() const {
  return limits_.timeout.count() != 0 && now_() - began_ > limits_.timeout;
}

void LiveRounds::give_up(unsigned rounds, std::uint64_t dirty) const {
  throw Failure(fmt::format("after {} rounds in {:.1f} s the rest would take {} ms at {:.1f} MiB/s, more than the {} "
                            "ms allowed: the guest "
                            "writes {:.1f} MiB/s. Allow more with --max-downtime, or give it less to do.",
                            rounds, seconds_since_begin(), estimate(dirty).count(),
                            static_cast<double>(bytes_per_second(bytes_at_round_)) / kMiB, limits_.max_downtime.count(),
                            static_cast<double>(dirty_per_second_ * kPage) / kMiB),
                ETIME);
}

double LiveRounds::seconds_since_begin() const {
  return Seconds(now_() - began_).count();
}

std::uint64_t LiveRounds::bytes_per_second(std::uint64_t bytes) const {
  if (rounds_done_ != 0) return static_cast<std::uint64_t>(static_cast<double>(measured_bytes_) / measured_seconds_);
  return static_cast<std::uint64_t>(static_cast<double>(bytes) / std::max(seconds_since_begin(), kShortestTime));
}

std::chrono::milliseconds LiveRounds::estimate(std::uint64_t dirty) const {
  const double rate = std::max(static_cast<double>(bytes_per_second(bytes_at_round_)), 1.0);
  const Seconds copying(static_cast<double>(dirty * kPage) / rate);
  return kFixedPart + std::chrono::ceil<std::chrono::milliseconds>(copying);
}

}  // namespace xend
