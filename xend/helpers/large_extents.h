// Stands between libxenguest and Xen where the library has memory put into a domain that is being restored: it asks for
// single pages, a record's worth at a time. Where 512 of them make a superpage, Xen is asked for that instead: ten
// times as quick, and the guest's own accesses are quicker for it (spec image-speed 4). For domains whose frame numbers
// Xen translates, PVH and HVM: a PV guest's frames are the machine's, wherever they are.
//
// The function that takes over, xc_domain_populate_physmap_exact, is defined in xc_restore_main.cc.
#pragma once

#include <cstddef>
#include <functional>
#include <span>

namespace xend {

class LargeExtents {
 public:
  static constexpr unsigned kOrder = 9;  // of two, in pages: PAGE_ORDER_2M
  static constexpr std::size_t kPages = std::size_t{1} << kOrder;

  // The first frames of extents, and their order. Returns how many of them, counted from the first, have memory now, or
  // a negative number and errno.
  using Populate = std::function<int(std::span<unsigned long> firsts, unsigned order)>;

  // From now on large extents are asked for. One at a time.
  LargeExtents();
  ~LargeExtents();
  LargeExtents(const LargeExtents&) = delete;
  LargeExtents& operator=(const LargeExtents&) = delete;

  // For the function that takes over, asked for single pages: 0 when all of `frames` have memory now; otherwise -1 and
  // errno, and some may have. Memory that is not to be had in large extents is asked for in single pages.
  static int populate(std::span<unsigned long> frames, const Populate& xen) noexcept;

  // Whether there is one.
  static bool active();
};

}  // namespace xend
