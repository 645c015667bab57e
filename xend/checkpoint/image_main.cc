// xm-image: reads the save image on its stdin and says on stdout what it is (image_report.h), as one line of SXP.
// Started by xm, as whoever runs xm, and without Xen's libraries. What it reads may have been made to harm it: it gives
// up all that it does not need before the first byte.
#include <grp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <climits>
#include <csignal>
#include <cstdio>

#include "sxp/printer.h"
#include "xend/checkpoint/image_report.h"

namespace {

constexpr uid_t kNobody = 65534;
constexpr rlim_t kMostMemory = 256 << 20;
constexpr rlim_t kLeastSeconds = 60;

void limit(__rlimit_resource resource, rlim_t most) {
  const rlimit both{most, most};
  ::setrlimit(resource, &both);
}

// A MiB of an image takes some milliseconds, and 255 times that when all of it is zeros: a second is generous.
rlim_t seconds_for(int fd) {
  struct stat file {};
  if (::fstat(fd, &file) != 0 || !S_ISREG(file.st_mode)) return RLIM_INFINITY;
  return kLeastSeconds + static_cast<rlim_t>(file.st_size >> 20);
}

// Each of these is one hurdle more; none is relied upon, and what cannot be given up is kept.
void give_up_rights() {
  ::close_range(STDERR_FILENO + 1, UINT_MAX, 0);
  ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  if (::geteuid() == 0 && ::setgroups(0, nullptr) == 0 && ::setresgid(kNobody, kNobody, kNobody) == 0) [[maybe_unused]]
    const int kept = ::setresuid(kNobody, kNobody, kNobody);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);  // an interrupted xm takes it along
  limit(RLIMIT_CORE, 0);
  limit(RLIMIT_CPU, seconds_for(STDIN_FILENO));
#ifndef __SANITIZE_ADDRESS__  // which maps terabytes, and opens files in the end
  limit(RLIMIT_AS, kMostMemory);
  limit(RLIMIT_NOFILE, 0);
  limit(RLIMIT_NPROC, 0);
#endif
}

}  // namespace

int main() {
  give_up_rights();
  const std::string line = sxp::to_string(xend::image_report(STDIN_FILENO)) + "\n";
  std::fwrite(line.data(), 1, line.size(), stdout);
  return std::fflush(stdout) == 0 ? 0 : 1;
}
