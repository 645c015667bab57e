#include "xend/helpers/child_process.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <system_error>

#include "xend/helpers/spawn.h"

namespace xend {
namespace {

[[noreturn]] void fail(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

}  // namespace

ChildProcess::ChildProcess(const std::string& path, const std::vector<std::string>& arguments, int extra) {
  std::array<int, 2> talk{}, errors{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, talk.data()) != 0) fail("socketpair");
  conversation_ = Descriptor(talk[0]);
  const Descriptor child_talk(talk[1]);
  if (::pipe2(errors.data(), O_CLOEXEC) != 0) fail("pipe2");
  errors_ = Descriptor(errors[0]);
  const Descriptor child_errors(errors[1]);

  SpawnOrder order;
  order.path = path;
  order.arguments = arguments;
  order.descriptors = {child_talk.get(), child_talk.get(), child_errors.get()};
  if (extra >= 0) order.descriptors.push_back(extra);
  static_assert(kExtraDescriptor == 3);
  pid_ = spawn(order);
}

ChildProcess::~ChildProcess() {
  if (pid_ < 0) return;
  kill();
  wait();
}

void ChildProcess::kill() {
  if (pid_ > 0) ::kill(pid_, SIGKILL);
}

int ChildProcess::wait() {
  if (pid_ < 0) return status_;
  while (::waitpid(pid_, &status_, 0) < 0 && errno == EINTR) continue;
  pid_ = -1;
  return status_;
}

}  // namespace xend
