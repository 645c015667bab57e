// xc_save FD DOMID 0 0 FLAGS: writes a domain's memory and state to a descriptor. Started by xend (save_program.h).
#include <dlfcn.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>

#include "xend/helpers/program.h"
#include "xend/helpers/save_program.h"
#include "xend/helpers/stream_hook.h"
#include "xend/helpers/type_query.h"

// These two take the place of the C library's for every library of this process (stream_hook.h). What is not about the
// image is passed on to the kernel.
extern "C" ssize_t write(int fd, const void* data, size_t length) {
  const iovec piece{const_cast<void*>(data), length};
  if (const auto taken = xend::StreamHook::write(fd, {&piece, 1})) return *taken;
  return ::syscall(SYS_write, fd, data, length);
}

extern "C" ssize_t writev(int fd, const iovec* pieces, int count) {
  if (count >= 0) {
    if (const auto taken = xend::StreamHook::write(fd, {pieces, static_cast<std::size_t>(count)})) return *taken;
  }
  return ::syscall(SYS_writev, fd, pieces, count);
}

struct xc_interface_core;

// Takes the place of libxenctrl's for libxenguest (type_query.h). `frames`: frame numbers in, their types out.
extern "C" int xc_get_pfn_type_batch(xc_interface_core* xch, std::uint32_t domid, unsigned count,
                                     unsigned long* frames) {
  static const auto libxenctrls =
      reinterpret_cast<decltype(&xc_get_pfn_type_batch)>(::dlsym(RTLD_NEXT, "xc_get_pfn_type_batch"));
  if (libxenctrls == nullptr) {
    errno = ENOSYS;
    return -1;
  }
  return xend::TypeQuery::answer({frames, count}, [&](std::span<unsigned long> some) {
    return libxenctrls(xch, domid, static_cast<unsigned>(some.size()), some.data());
  });
}

int main(int argc, char** argv) {
  return xend::run_program(xend::Orphaned::kGoesOn, [&](xend::Conversation& daemon) {
    xend::save(daemon, {argv, static_cast<std::size_t>(argc)});
  });
}
