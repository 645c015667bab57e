// Pages of zeros in a guest's memory: to be told from others, and to be made.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "libxc-wrap/handle.h"
#include "libxc-wrap/types.h"

struct xenforeignmemory_handle;

namespace xc {

// Whether the 4096 bytes at `page`, at an address divisible by 8 or not, are all zero. Quick for pages that are not.
bool is_zero_page(const void* page);

// Makes zeros of pages of a domain whose guest does not run. A page that Xen took from a living guest comes to the next
// one as it was (spec image-speed 2).
class PageCleaner {
 public:
  // `handle` outlives the object. Throws Error.
  PageCleaner(Handle& handle, DomId domid);

  // Writes zeros to those of `frames` that are not zero yet. Throws Error naming the frame when one is not there or
  // cannot be mapped.
  void clear(std::span<const Frame> frames);

  // How many pages were not zero.
  std::uint64_t cleared() const { return cleared_; }

 private:
  struct CloseMemory {
    void operator()(xenforeignmemory_handle* memory) const;
  };

  Handle& handle_;
  DomId domid_;
  std::unique_ptr<xenforeignmemory_handle, CloseMemory> memory_;
  std::uint64_t cleared_ = 0;
};

}  // namespace xc
