#include "rpc/stream.h"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <system_error>

namespace rpc {

namespace {

constexpr const char* kReading = "reading from the peer";
constexpr const char* kWriting = "writing to the peer";

[[noreturn]] void throw_errno(int error, const char* what) {
  throw std::system_error(error, std::generic_category(), what);
}

// What poll wants: milliseconds from now, rounded up so that it never wakes just before the deadline; -1 for ever.
int milliseconds_until(Deadline deadline) {
  if (deadline == kNoDeadline) return -1;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now()).count();
  return static_cast<int>(std::clamp<decltype(left)>(left, 0, INT_MAX));
}

void wait_for(int fd, short events, Deadline deadline, const char* what) {
  pollfd p{fd, events, 0};
  const int ready = ::poll(&p, 1, milliseconds_until(deadline));
  if (ready == 0) throw_errno(ETIMEDOUT, what);
  if (ready < 0 && errno != EINTR) throw_errno(errno, "poll");
}

}  // namespace

std::size_t SocketStream::read(std::span<char> buffer) {
  for (;;) {
    const ssize_t n = ::recv(fd_.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (n >= 0) return static_cast<std::size_t>(n);
    if (errno == EAGAIN || errno == EWOULDBLOCK)
      wait_for(fd_.get(), POLLIN, deadline_, kReading);
    else if (errno != EINTR)
      throw_errno(errno, kReading);
  }
}

void SocketStream::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n >= 0)
      bytes.remove_prefix(static_cast<std::size_t>(n));
    else if (errno == EAGAIN || errno == EWOULDBLOCK)
      wait_for(fd_.get(), POLLOUT, deadline_, kWriting);
    else if (errno != EINTR)
      throw_errno(errno, kWriting);
  }
}

bool SocketStream::readable() const {
  pollfd p{fd_.get(), POLLIN | POLLRDHUP, 0};
  return ::poll(&p, 1, 0) != 0;
}

}  // namespace rpc
