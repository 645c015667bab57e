// A domain's memory and state as libxenguest's stream, out of a domain and into one. Runs in xc_save and xc_restore:
// the library runs long, cannot be cancelled, and reads what another host or a file supplies.
#pragma once

#include <cstdint>
#include <functional>

#include "libxc-wrap/handle.h"
#include "libxc-wrap/types.h"

namespace xc {

// What the library tells during the rounds of a live save.
struct PrecopyStats {
  unsigned round = 0;             // the one that is about to start; 0: the first pass
  std::int64_t dirty_pages = -1;  // what it has to send; -1: not known yet
};

struct SaveHooks {
  std::function<void()> suspend;  // makes the guest stop; throws when it does not
  // Live only: whether the next round may begin. False: the guest is stopped, after what is known to be dirty has gone
  // out once more while it runs. Throwing ends the save. Asked once before the first pass and then twice a round.
  std::function<bool(const PrecopyStats&)> another_round;
  // HVM: makes the device model note which of the guest's pages it writes, or no longer. Empty: there is none.
  std::function<void(bool on)> log_dirty;
};

// Writes domain `domid` to `fd`, which is blocking and stays open. `live`: rounds while the guest runs, for as long as
// the hook wants. Returns with the guest suspended. Throws what a hook threw, otherwise Error;
// the guest may be suspended then too: Hypervisor::resume and Store::resume_domain let it go on (spec modern-xen
// 8, 26.5).
void save_domain(Handle& handle, int fd, DomId domid, bool live, const SaveHooks& hooks);

// How many pages a domain has of Xen, those that Xen shows it of its own not counted, and the highest frame at which
// anything is. Throws Error.
struct FrameExtent {
  std::uint64_t pages = 0;
  Frame highest = 0;
};
FrameExtent frame_extent(Handle& handle, DomId domid);

struct RestoredFrames {
  Frame store = 0, console = 0;
};

// Fills domain `domid`, created with vcpus, memory limit and (PVH, HVM) paging pool but without a CPUID policy, from
// `fd`; exactly up to the end of the stream. The domain stays paused. Throws Error (spec modern-xen 9, 26.6, 26.7).
RestoredFrames restore_domain(Handle& handle, int fd, DomId domid, GuestType type, Port store_port, Port console_port);

}  // namespace xc
