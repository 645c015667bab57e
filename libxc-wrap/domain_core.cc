#include "libxc-wrap/domain_core.h"

#include <dlfcn.h>

#include <cerrno>
#include <exception>
#include <optional>

extern "C" {
#include <xenctrl.h>
}

namespace xc {
namespace {

// A domain with a memory map of its own has a few pages just below 4 GiB, and the library asks Xen about each of the
// million frames in between. None for PV domains, and for those whose memory goes up to there.
std::optional<xen_pfn_t> end_of_memory(xc_interface* xen, DomId domid) {
  constexpr xen_pfn_t kHole = 0xf0000;         // 3.75 GiB: where memory below 4 GiB ends at most
  constexpr xen_pfn_t kFramesNotMemory = 512;  // among the memory: the video hole of a PC and the like
  xc_domaininfo_t info{};
  if (xc_domain_getinfolist(xen, domid, 1, &info) != 1 || info.domain != domid) return std::nullopt;
  if ((info.flags & XEN_DOMINF_hvm_guest) == 0) return std::nullopt;
  const xen_pfn_t end = info.max_pages + kFramesNotMemory;
  return end < kHole ? std::optional(end) : std::nullopt;
}

// Called from C: an exception waits in `thrown` until the library has returned.
struct Context {
  const std::function<void(std::span<const std::byte>)>& write;
  std::exception_ptr thrown;
};

int on_piece(xc_interface*, void* data, char* bytes, unsigned length) noexcept {
  auto* const context = static_cast<Context*>(data);
  try {
    context->write(std::as_bytes(std::span(bytes, length)));
    return 0;
  } catch (...) {
    context->thrown = std::current_exception();
    return -1;
  }
}

}  // namespace

}  // namespace xc

// In place of the library's own (the program is linked with -rdynamic), which calls it to learn where to stop.
extern "C" int xc_domain_nr_gpfns(xc_interface* xen, uint32_t domid, xen_pfn_t* frames) {
  using Function = int(xc_interface*, uint32_t, xen_pfn_t*);
  static auto* const real = reinterpret_cast<Function*>(dlsym(RTLD_NEXT, "xc_domain_nr_gpfns"));
  if (const auto end = xc::end_of_memory(xen, static_cast<xc::DomId>(domid))) {
    *frames = *end;
    return 0;
  }
  return real(xen, domid, frames);
}

namespace xc {

void dump_core(Handle& handle, DomId domid, const std::function<void(std::span<const std::byte>)>& write) {
  Context context{write, nullptr};
  handle.forget_log();
  const int result = xc_domain_dumpcore_via_callback(handle.get(), domid, &context, on_piece);
  const int error = errno;
  if (context.thrown) std::rethrow_exception(context.thrown);
  if (result != 0) handle.fail("xc_domain_dumpcore_via_callback", error);
}

}  // namespace xc
