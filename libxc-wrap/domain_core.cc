#include "libxc-wrap/domain_core.h"

#include <cerrno>
#include <exception>

extern "C" {
#include <xenctrl.h>
}

namespace xc {
namespace {

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

void dump_core(Handle& handle, DomId domid, const std::function<void(std::span<const std::byte>)>& write) {
  Context context{write, nullptr};
  handle.forget_log();
  const int result = xc_domain_dumpcore_via_callback(handle.get(), domid, &context, on_piece);
  const int error = errno;
  if (context.thrown) std::rethrow_exception(context.thrown);
  if (result != 0) handle.fail("xc_domain_dumpcore_via_callback", error);
}

}  // namespace xc
