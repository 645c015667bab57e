#include "libxc-wrap/domain_stream.h"

#include <cerrno>
#include <exception>
#include <string>

extern "C" {
#include <xenctrl.h>
#include <xenguest.h>
}

#include "libxc-wrap/domain_builder.h"
#include "libxc-wrap/error.h"

namespace xc {
namespace {

// What the callbacks share. They are called from C: exceptions wait in `thrown` until the library has returned.
struct SaveContext {
  const SaveHooks& hooks;
  std::exception_ptr thrown;
};

int on_suspend(void* data) noexcept {
  auto* const context = static_cast<SaveContext*>(data);
  try {
    context->hooks.suspend();
    return 1;
  } catch (...) {
    context->thrown = std::current_exception();
    return 0;
  }
}

int on_precopy(precopy_stats stats, void* data) noexcept {
  auto* const context = static_cast<SaveContext*>(data);
  try {
    const bool another = context->hooks.another_round({stats.iteration, stats.dirty_count});
    return another ? XGS_POLICY_CONTINUE_PRECOPY : XGS_POLICY_STOP_AND_COPY;
  } catch (...) {
    context->thrown = std::current_exception();
    return XGS_POLICY_ABORT;
  }
}

// Must be there for PVH, too, which has no device model: the library asserts it.
int on_switch_logdirty(std::uint32_t, unsigned on, void* data) noexcept {
  auto* const context = static_cast<SaveContext*>(data);
  try {
    if (context->hooks.log_dirty) context->hooks.log_dirty(on != 0);
    return 0;
  } catch (...) {
    // At the end of a save that has failed already, the first reason counts.
    if (!context->thrown) context->thrown = std::current_exception();
    return -1;
  }
}

struct RestoreContext {
  xc_interface* xch;
  DomId domid;
};

// Called once before memory. Old streams carry no CPUID policy; the library applies the one of a newer stream itself.
int on_static_data_done(unsigned missing, void* data) noexcept {
  const auto* const context = static_cast<RestoreContext*>(data);
  if ((missing & XGR_SDD_MISSING_CPUID) == 0) return 0;
  constexpr bool kRestored = true, kPae = true, kItsc = false, kNested = false;
  return xc_cpuid_apply_policy(context->xch, context->domid, kRestored, nullptr, 0, kPae, kItsc, kNested, nullptr,
                               nullptr);
}

}  // namespace

void save_domain(Handle& handle, int fd, DomId domid, bool live, const SaveHooks& hooks) {
  SaveContext context{hooks, nullptr};
  save_callbacks callbacks{};
  callbacks.suspend = on_suspend;
  callbacks.precopy_policy = on_precopy;
  callbacks.switch_qemu_logdirty = on_switch_logdirty;
  callbacks.data = &context;
  handle.forget_log();
  constexpr int kNoBackChannel = -1;
  const int result =
      xc_domain_save(handle.get(), fd, domid, live ? XCFLAGS_LIVE : 0, &callbacks, XC_STREAM_PLAIN, kNoBackChannel);
  const int error = errno;
  if (context.thrown) std::rethrow_exception(context.thrown);
  if (result != 0) handle.fail("xc_domain_save", error);
}

FrameExtent frame_extent(Handle& handle, DomId domid) {
  handle.forget_log();
  xc_domaininfo_t info{};
  const int count = handle.check(xc_domain_getinfolist(handle.get(), domid, 1, &info), "xc_domain_getinfolist");
  if (count == 0 || info.domain != domid) handle.fail("xc_domain_getinfolist", ESRCH);
  xen_pfn_t highest = 0;
  handle.check(xc_domain_maximum_gpfn(handle.get(), domid, &highest), "xc_domain_maximum_gpfn");
  // Pages shared with other domains are not counted among its own.
  return {.pages = info.tot_pages + info.shr_pages, .highest = highest};
}

RestoredFrames restore_domain(Handle& handle, int fd, DomId domid, GuestType type, Port store_port, Port console_port) {
  require_vcpus(handle, domid, type);
  RestoreContext context{handle.get(), domid};
  restore_callbacks callbacks{};
  callbacks.static_data_done = on_static_data_done;
  callbacks.data = &context;
  unsigned long store = 0, console = 0;
  constexpr DomId kDom0 = 0;
  constexpr int kNoBackChannel = -1;
  const int result = xc_domain_restore(handle.get(), fd, domid, store_port, &store, kDom0, console_port, &console,
                                       kDom0, XC_STREAM_PLAIN, &callbacks, kNoBackChannel);
  if (result != 0) handle.fail("xc_domain_restore", errno);
  return {store, console};
}

}  // namespace xc
