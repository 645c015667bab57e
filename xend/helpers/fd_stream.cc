#include "xend/helpers/fd_stream.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <utility>

#include "xend/helpers/failure.h"

namespace xend {
namespace {

constexpr std::size_t kCollect = 256 * 1024;  // small writes are gathered up to this
constexpr std::size_t kSmall = 64 * 1024;     // larger ones are not worth copying

constexpr int kNotSentYet = 512 * 1024;  // bytes; enough to keep the wire busy while the next frame is packed

bool is_socket(int fd) {
  struct stat status {};
  return ::fstat(fd, &status) == 0 && S_ISSOCK(status.st_mode);
}

bool is_file(int fd) {
  struct stat status {};
  return ::fstat(fd, &status) == 0 && S_ISREG(status.st_mode);
}

// How long a read or a write of a socket may take, as the daemon has set it, in ms; -1: for ever, or no socket.
int time_limit(int fd, short events) {
  timeval limit{};
  socklen_t length = sizeof limit;
  const int option = events == POLLIN ? SO_RCVTIMEO : SO_SNDTIMEO;
  if (::getsockopt(fd, SOL_SOCKET, option, &limit, &length) != 0) return -1;
  const auto ms = limit.tv_sec * 1000 + limit.tv_usec / 1000;
  return ms == 0 ? -1 : static_cast<int>(std::min<decltype(ms)>(ms, INT_MAX));
}

Failure write_failure(int fd, int error, std::uint64_t written) {
  const std::string so_far = " after " + std::to_string(written) + " bytes";
  if (is_socket(fd) && (error == EPIPE || error == ECONNRESET))
    return system_failure("the other end closed the connection" + so_far + " of the image", error);
  return system_failure("the image could not be written" + so_far, error);
}

Failure too_long(short events, int limit, std::uint64_t bytes) {
  const std::string time = limit % 1000 == 0 ? std::to_string(limit / 1000) + " s" : std::to_string(limit) + " ms";
  const std::string what = events == POLLIN ? "nothing came from the other end" : "the other end took nothing";
  return Failure(what + " for " + time + ", after " + std::to_string(bytes) + " bytes of the image", ETIMEDOUT);
}

// After a read that failed, errno says how: whether to try again. A descriptor that is not blocking is waited for; one
// that is has waited already when it says EAGAIN. Throws Failure when that was too long.
bool wait_for_input(int fd, std::uint64_t bytes) {
  if (errno != EAGAIN) return errno == EINTR;
  const int limit = time_limit(fd, POLLIN);
  const bool waited = limit >= 0 && (::fcntl(fd, F_GETFL) & O_NONBLOCK) == 0;
  pollfd waiting{fd, POLLIN, 0};
  const int ready = waited ? 0 : ::poll(&waiting, 1, limit);
  if (ready == 0) throw too_long(POLLIN, limit, bytes);
  return ready > 0 || errno == EINTR;
}

}  // namespace

void keep_queue_short(int fd) {
  constexpr int kOn = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &kOn, sizeof kOn);
  ::setsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &kNotSentYet, sizeof kNotSentYet);
}

FdSink::FdSink(int fd, std::function<void(std::size_t)> before_write, FileWay way)
    : fd_(fd), socket_(is_socket(fd)), before_write_(std::move(before_write)) {
  if (way == FileWay::kDirect && is_file(fd)) direct_.emplace(fd);
}

void FdSink::write(std::span<const std::byte> bytes) {
  if (collected_.size() + bytes.size() > kCollect || bytes.size() >= kSmall) send_collected();
  if (bytes.size() >= kSmall) {
    send(bytes);
  } else {
    collected_.insert(collected_.end(), bytes.begin(), bytes.end());
  }
}

void FdSink::flush() {
  send_collected();
  if (direct_) direct_->finish();
}

void FdSink::send_collected() {
  send(collected_);
  collected_.clear();
}

void FdSink::send(std::span<const std::byte> bytes) {
  if (!bytes.empty() && before_write_) before_write_(bytes.size());
  if (direct_) {
    direct_->write(bytes);
    written_ += bytes.size();
    return;
  }
  auto moved = Clock::now();
  while (!bytes.empty()) {
    const ssize_t sent = write_some(bytes);
    if (sent < 0 && errno == EAGAIN) {
      wait_for_room(moved);
      continue;
    }
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0) throw write_failure(fd_, errno, written_);
    moved = Clock::now();
    written_ += static_cast<std::uint64_t>(sent);
    bytes = bytes.subspan(static_cast<std::size_t>(sent));
  }
}

ssize_t FdSink::write_some(std::span<const std::byte> bytes) const {
  if (!socket_) return ::write(fd_, bytes.data(), bytes.size());
  return ::send(fd_, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
}

void FdSink::wait_for_room(Clock::time_point since) {
  constexpr int kBetweenCalls = 200;  // ms
  const int limit = time_limit(fd_, POLLOUT);
  pollfd waiting{fd_, POLLOUT, 0};
  if (::poll(&waiting, 1, kBetweenCalls) != 0) return;
  if (before_write_) before_write_(0);
  if (limit >= 0 && Clock::now() - since >= std::chrono::milliseconds(limit)) throw too_long(POLLOUT, limit, written_);
}

FdSource::FdSource(int fd, std::uint64_t start, FileWay way)
    : fd_(fd), start_(start), try_direct_(way == FileWay::kDirect && is_file(fd)) {
  if (const off_t offset = ::lseek(fd, 0, SEEK_CUR); offset > 0) start_ = static_cast<std::uint64_t>(offset);
}

std::size_t FdSource::read(std::span<std::byte> bytes) {
  for (;;) {
    const ssize_t got = read_some(bytes);
    if (got >= 0) {
      read_ += static_cast<std::uint64_t>(got);
      return static_cast<std::size_t>(got);
    }
    if (wait_for_input(fd_, read_)) continue;
    throw system_failure("the image could not be read beyond byte " + std::to_string(position()), errno);
  }
}

ssize_t FdSource::read_some(std::span<std::byte> bytes) {
  // Not before there is much to read: the first bytes may be all that is wanted.
  if (try_direct_ && bytes.size() >= kSmall) {
    try_direct_ = false;
    if (!direct_.emplace(fd_).useful()) direct_.reset();
  }
  if (direct_) {
    const ssize_t got = direct_->read(bytes);
    if (got >= 0 || errno != EINVAL) return got;
    direct_.reset();
  }
  return ::read(fd_, bytes.data(), bytes.size());
}

std::span<const std::byte> FdSource::take(std::size_t length) {
  if (!direct_) return {};
  const auto bytes = direct_->take(length);
  read_ += bytes.size();
  return bytes;
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
