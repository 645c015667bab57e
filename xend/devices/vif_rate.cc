#include "xend/devices/vif_rate.h"

#include <fmt/format.h>

#include <charconv>
#include <cstdint>
#include <limits>
#include <optional>

namespace xend {
namespace {

constexpr std::uint64_t kLargest = std::numeric_limits<std::uint32_t>::max();
constexpr std::uint64_t kMicrosecondsPerSecond = 1'000'000;
constexpr std::uint64_t kDefaultInterval = 50'000;

// Reads a text from the left.
class Cursor {
 public:
  explicit Cursor(std::string_view text) : rest_(text) {}

  std::optional<std::uint64_t> number() {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), value);
    if (error != std::errc()) return std::nullopt;
    rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
    return value;
  }

  bool take(std::string_view word) {
    if (!rest_.starts_with(word)) return false;
    rest_.remove_prefix(word.size());
    return true;
  }

  bool at_end() const { return rest_.empty(); }

 private:
  std::string_view rest_;
};

std::optional<std::uint64_t> times(std::optional<std::uint64_t> a, std::uint64_t b) {
  if (!a || (b != 0 && *a > std::numeric_limits<std::uint64_t>::max() / b)) return std::nullopt;
  return *a * b;
}

std::optional<std::uint64_t> parse_bytes_per_second(Cursor& in) {
  auto amount = in.number();
  if (in.take("G")) {
    amount = times(amount, 1'000'000'000);
  } else if (in.take("M")) {
    amount = times(amount, 1'000'000);
  } else if (in.take("K")) {
    amount = times(amount, 1'000);
  }
  const bool bits = in.take("b");
  if (!amount || (!bits && !in.take("B")) || !in.take("/s")) return std::nullopt;
  return bits ? *amount / 8 : *amount;
}

// In microseconds.
std::optional<std::uint64_t> parse_interval(Cursor& in) {
  if (!in.take("@")) return kDefaultInterval;
  auto amount = in.number();
  if (in.take("m")) {
    amount = times(amount, 1'000);
  } else if (!in.take("u")) {
    amount = times(amount, kMicrosecondsPerSecond);
  }
  return in.take("s") ? amount : std::nullopt;
}

bool is_pair(std::string_view text) {
  Cursor in(text);
  return in.number() && in.take(",") && in.number() && in.at_end();
}

}  // namespace

std::string parse_rate(std::string_view text) {
  if (is_pair(text)) return std::string(text);
  Cursor in(text);
  const auto per_second = parse_bytes_per_second(in);
  if (!per_second) return std::string(kUnlimitedRate);
  const auto interval = parse_interval(in);
  if (!interval || !in.at_end() || *interval > kLargest) return std::string(kUnlimitedRate);
  const auto scaled = times(per_second, *interval);
  if (!scaled) return std::string(kUnlimitedRate);
  const std::uint64_t bytes = *scaled / kMicrosecondsPerSecond;
  if (bytes == 0 || bytes > kLargest) return std::string(kUnlimitedRate);
  return fmt::format("{},{}", bytes, *interval);
}

}  // namespace xend
