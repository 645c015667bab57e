// A domain's memory and registers as an ELF core file. Runs in xc_dump: the library maps what the guest says is its
// memory map, runs long, and cannot be cancelled.
#pragma once

#include <cstddef>
#include <functional>
#include <span>

#include "libxc-wrap/handle.h"
#include "libxc-wrap/types.h"

namespace xc {

// Gives `write` the file piece by piece, in order. PV domains and those with memory of their own (PVH, HVM) alike; one
// that runs changes meanwhile. Throws what `write` threw, otherwise Error.
void dump_core(Handle& handle, DomId domid, const std::function<void(std::span<const std::byte>)>& write);

}  // namespace xc
