// xc_restore FD DOMID STORE_PORT CONSOLE_PORT HVM PAE APIC SUPERPAGES 1: fills a domain from an image; xc_restore FD
// verify only reads it. Started by xend (restore_program.h).
#include <dlfcn.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>

#include "xend/helpers/large_extents.h"
#include "xend/helpers/program.h"
#include "xend/helpers/restore_program.h"
#include "xend/helpers/stream_hook.h"

// Takes the place of the C library's for every library of this process (stream_hook.h). What is not about the image is
// passed on to the kernel.
extern "C" ssize_t read(int fd, void* data, size_t length) {
  if (const auto taken = xend::StreamHook::read(fd, data, length)) return *taken;
  return ::syscall(SYS_read, fd, data, length);
}

struct xc_interface_core;

extern "C" int xc_domain_populate_physmap(xc_interface_core* xch, std::uint32_t domid, unsigned long count,
                                          unsigned order, unsigned flags, unsigned long* firsts);

// Takes the place of libxenctrl's for libxenguest (large_extents.h).
extern "C" int xc_domain_populate_physmap_exact(xc_interface_core* xch, std::uint32_t domid, unsigned long count,
                                                unsigned order, unsigned flags, unsigned long* firsts) {
  static const auto libxenctrls = reinterpret_cast<decltype(&xc_domain_populate_physmap_exact)>(
      ::dlsym(RTLD_NEXT, "xc_domain_populate_physmap_exact"));
  if (order == 0 && xend::LargeExtents::active()) {
    return xend::LargeExtents::populate({firsts, count}, [&](std::span<unsigned long> extents, unsigned of_order) {
      return xc_domain_populate_physmap(xch, domid, extents.size(), of_order, flags, extents.data());
    });
  }
  if (libxenctrls != nullptr) return libxenctrls(xch, domid, count, order, flags, firsts);
  errno = ENOSYS;
  return -1;
}

int main(int argc, char** argv) {
  return xend::run_program(xend::Orphaned::kDies, [&](xend::Conversation& daemon) {
    xend::restore(daemon, {argv, static_cast<std::size_t>(argc)});
  });
}
