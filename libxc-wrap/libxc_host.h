// What libxenctrl tells about the host itself: sizes, capabilities, versions, topology.
#pragma once

#include <string_view>

#include "libxc-wrap/handle.h"
#include "libxc-wrap/hypervisor.h"

namespace xc {

// Everything of HostInfo (spec modern-xen 21). Throws Error.
HostInfo read_host_info(Handle& handle);

// The scheduler's number in Xen (XEN_SCHEDULER_*). Throws Error.
int scheduler_id(Handle& handle);

// "credit", "credit2", "arinc653", "rtds", "null"; "unknown" for another number.
std::string_view scheduler_name(int id);

}  // namespace xc
