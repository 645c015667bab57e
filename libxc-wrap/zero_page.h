// Pages of zeros in a guest's memory: to be told from others, and to be made.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "libxc-wrap/handle.h"
#include "libxc-wrap/types.h"

namespace xc {

// Whether the 4096 bytes at `page`, at an address divisible by 8 or not, are all zero. Quick for pages that are not.
bool is_zero_page(const void* page);

// Writes zeros to those of the pages `frames` of domain `domid`, whose guest does not run, that are not zero yet;
// returns how many. A page that Xen took from a living guest comes to the next one as it was (spec image-speed 2).
// Throws Error naming the frame when one is not there or cannot be mapped.
std::uint64_t clear_pages(Handle& handle, DomId domid, std::span<const Frame> frames);

}  // namespace xc
