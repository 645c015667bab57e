#include "xend/helpers/fd_stream.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "xend/helpers/failure.h"

namespace xend {
namespace {

constexpr std::size_t kCollect = 256 * 1024;  // small writes are gathered up to this
constexpr std::size_t kSmall = 64 * 1024;     // larger ones are not worth copying

bool is_socket(int fd) {
  struct stat status {};
  return ::fstat(fd, &status) == 0 && S_ISSOCK(status.st_mode);
}

Failure write_failure(int fd, int error, std::uint64_t written) {
  const std::string so_far = " after " + std::to_string(written) + " bytes";
  if (is_socket(fd) && (error == EPIPE || error == ECONNRESET))
    return system_failure("the other end closed the connection" + so_far + " of the image", error);
  return system_failure("the image could not be written" + so_far, error);
}

// A descriptor that is not blocking is waited for.
bool wait_for_input(int fd) {
  if (errno != EAGAIN) return errno == EINTR;
  pollfd waiting{fd, POLLIN, 0};
  return ::poll(&waiting, 1, -1) >= 0 || errno == EINTR;
}

}  // namespace

FdSink::FdSink(int fd, std::function<void(std::size_t)> before_write)
    : fd_(fd), socket_(is_socket(fd)), before_write_(std::move(before_write)) {}

void FdSink::write(std::span<const std::byte> bytes) {
  if (collected_.size() + bytes.size() > kCollect || bytes.size() >= kSmall) flush();
  if (bytes.size() >= kSmall) {
    send(bytes);
  } else {
    collected_.insert(collected_.end(), bytes.begin(), bytes.end());
  }
}

void FdSink::flush() {
  send(collected_);
  collected_.clear();
}

void FdSink::send(std::span<const std::byte> bytes) {
  if (!bytes.empty() && before_write_) before_write_(bytes.size());
  while (!bytes.empty()) {
    const ssize_t sent = write_some(bytes);
    if (sent < 0 && errno == EAGAIN) {
      wait_for_room();
      continue;
    }
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0) throw write_failure(fd_, errno, written_);
    written_ += static_cast<std::uint64_t>(sent);
    bytes = bytes.subspan(static_cast<std::size_t>(sent));
  }
}

ssize_t FdSink::write_some(std::span<const std::byte> bytes) const {
  if (!socket_) return ::write(fd_, bytes.data(), bytes.size());
  return ::send(fd_, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
}

void FdSink::wait_for_room() {
  constexpr int kBetweenCalls = 200;  // ms
  pollfd waiting{fd_, POLLOUT, 0};
  if (::poll(&waiting, 1, kBetweenCalls) == 0 && before_write_) before_write_(0);
}

FdSource::FdSource(int fd, std::uint64_t start) : fd_(fd), start_(start) {
  if (const off_t offset = ::lseek(fd, 0, SEEK_CUR); offset > 0) start_ = static_cast<std::uint64_t>(offset);
}

std::size_t FdSource::read(std::span<std::byte> bytes) {
  for (;;) {
    const ssize_t got = ::read(fd_, bytes.data(), bytes.size());
    if (got >= 0) {
      read_ += static_cast<std::uint64_t>(got);
      return static_cast<std::size_t>(got);
    }
    if (wait_for_input(fd_)) continue;
    throw system_failure("the image could not be read beyond byte " + std::to_string(position()), errno);
  }
}

std::size_t FdSource::fill(std::span<std::byte> bytes) {
  std::size_t filled = 0;
  while (filled < bytes.size()) {
    const std::size_t got = read(bytes.subspan(filled));
    if (got == 0) break;
    filled += got;
  }
  return filled;
}

}  // namespace xend
