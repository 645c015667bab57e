#include "xend/helpers/large_extents.h"

#include <algorithm>
#include <cerrno>
#include <exception>
#include <vector>

namespace xend {
namespace {

constinit bool g_active = false;

bool begins_with_extent(std::span<const unsigned long> frames) {
  if (frames.size() < LargeExtents::kPages || frames.front() % LargeExtents::kPages != 0) return false;
  for (std::size_t i = 1; i < LargeExtents::kPages; ++i)
    if (frames[i] != frames[0] + i) return false;
  return true;
}

int populate_in_parts(std::span<const unsigned long> frames, const LargeExtents::Populate& xen) {
  std::vector<unsigned long> large, single;
  while (!frames.empty()) {
    const bool extent = begins_with_extent(frames);
    (extent ? large : single).push_back(frames.front());
    frames = frames.subspan(extent ? LargeExtents::kPages : 1);
  }
  const int got = large.empty() ? 0 : std::max(xen(large, LargeExtents::kOrder), 0);
  for (const unsigned long first : std::span(large).subspan(static_cast<std::size_t>(got)))
    for (std::size_t i = 0; i < LargeExtents::kPages; ++i) single.push_back(first + i);
  if (single.empty()) return 0;
  const int rest = xen(single, 0);
  if (rest == static_cast<int>(single.size())) return 0;
  if (rest >= 0) errno = EBUSY;  // as libxenctrl has it
  return -1;
}

}  // namespace

LargeExtents::LargeExtents() {
  g_active = true;
}

LargeExtents::~LargeExtents() {
  g_active = false;
}

bool LargeExtents::active() {
  return g_active;
}

int LargeExtents::populate(std::span<unsigned long> frames, const Populate& xen) noexcept {
  try {
    return populate_in_parts(frames, xen);
  } catch (const std::exception&) {
    errno = ENOMEM;
    return -1;
  }
}

}  // namespace xend
