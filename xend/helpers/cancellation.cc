#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "xend/helpers/helpers.h"

namespace xend {

struct Cancellation::Shared {
  Shared() : fd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    if (fd < 0) throw std::system_error(errno, std::generic_category(), "eventfd");
  }
  ~Shared() { ::close(fd); }
  Shared(const Shared&) = delete;
  Shared& operator=(const Shared&) = delete;

  const int fd;
};

Cancellation::Cancellation() : shared_(std::make_shared<Shared>()) {}

void Cancellation::cancel() {
  const std::uint64_t one = 1;
  // Fails only when it is cancelled 2^64 - 2 times over.
  [[maybe_unused]] const ssize_t written = ::write(shared_->fd, &one, sizeof one);
}

bool Cancellation::cancelled() const {
  pollfd waiting{shared_->fd, POLLIN, 0};
  return ::poll(&waiting, 1, 0) > 0;
}

int Cancellation::fd() const {
  return shared_->fd;
}

}  // namespace xend
