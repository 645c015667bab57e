// xc_restore FD DOMID STORE_PORT CONSOLE_PORT HVM PAE APIC SUPERPAGES 1: fills a domain from an image; xc_restore FD
// verify only reads it. Started by xend (restore_program.h).
#include <sys/syscall.h>
#include <unistd.h>

#include "xend/helpers/program.h"
#include "xend/helpers/restore_program.h"
#include "xend/helpers/stream_hook.h"

// Takes the place of the C library's for every library of this process (stream_hook.h). What is not about the image is
// passed on to the kernel.
extern "C" ssize_t read(int fd, void* data, size_t length) {
  if (const auto taken = xend::StreamHook::read(fd, data, length)) return *taken;
  return ::syscall(SYS_read, fd, data, length);
}

int main(int argc, char** argv) {
  return xend::run_program(xend::Orphaned::kDies, [&](xend::Conversation& daemon) {
    xend::restore(daemon, {argv, static_cast<std::size_t>(argc)});
  });
}
