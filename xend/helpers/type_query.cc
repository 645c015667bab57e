#include "xend/helpers/type_query.h"

#include <algorithm>
#include <array>
#include <exception>
#include <numeric>
#include <utility>

namespace xend {
namespace {

constexpr std::uint64_t kMostBatches = 1 << 22;  // of a guest with 16 TiB of frames, more than Xen gives any

constinit TypeQuery* g_active = nullptr;

// How many pages are in a batch. Throws when Xen does not say.
std::uint64_t count_pages(std::uint64_t batch, const TypeQuery::Ask& ask) {
  struct NoAnswer : std::exception {};
  std::array<unsigned long, TypeQuery::kBatch> types{};
  std::iota(types.begin(), types.end(), batch * TypeQuery::kBatch);
  if (ask(types) != 0) throw NoAnswer();
  return TypeQuery::kBatch - static_cast<std::uint64_t>(std::count(types.begin(), types.end(), TypeQuery::kAbsent));
}

}  // namespace

TypeQuery::TypeQuery(std::function<FrameExtent()> extent) : extent_(std::move(extent)) {
  g_active = this;
}

TypeQuery::~TypeQuery() {
  g_active = nullptr;
}

int TypeQuery::answer(std::span<unsigned long> frames, const Ask& ask) noexcept {
  return g_active == nullptr ? ask(frames) : g_active->reply(frames, ask);
}

int TypeQuery::reply(std::span<unsigned long> frames, const Ask& ask) {
  if (state_ == State::kNotLooked) {
    state_ = State::kOff;
    try {
      look(ask);
    } catch (const std::exception&) {
      stop();  // it saves time, no more: the library asks for itself, and says what is wrong
    }
  }
  if (state_ == State::kOff || !std::all_of(frames.begin(), frames.end(), [this](auto f) { return is_empty(f); }))
    return ask(frames);
  std::fill(frames.begin(), frames.end(), kAbsent);
  return 0;
}

// Memory lies at the bottom and special pages at the top: upward to the first batch of nothing, then downward, until as
// many pages are found as the guest has. All else is empty then. When they are not found, nothing is known.
void TypeQuery::look(const Ask& ask) {
  const FrameExtent extent = extent_();
  const std::uint64_t batches = extent.highest / kBatch + 1;
  if (batches > kMostBatches) return;
  std::vector<bool> empty(batches, true);
  std::uint64_t found = 0, bottom = 0, top = batches;
  const auto count = [&](std::uint64_t batch) {
    const std::uint64_t pages = count_pages(batch, ask);
    if (pages != 0) empty[batch] = false;
    found += pages;
    return pages;
  };
  while (found < extent.pages && bottom < top && count(bottom++) != 0) {
  }
  while (found < extent.pages && bottom < top) count(--top);
  if (found != extent.pages) return;
  known_empty_ = std::move(empty);
  state_ = State::kOn;
}

bool TypeQuery::is_empty(unsigned long frame) const {
  return frame / kBatch < known_empty_.size() && known_empty_[frame / kBatch];
}

}  // namespace xend
