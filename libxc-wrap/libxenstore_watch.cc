#include "libxc-wrap/libxenstore_watch.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdlib>

extern "C" {
#include <xenstore.h>
}

namespace xc {
namespace {

// For poll: rounded up, so that the deadline has passed when poll returns; -1 for no deadline at all.
int milliseconds_until(Deadline deadline) {
  using std::chrono::milliseconds;
  if (deadline == Deadline::max()) return -1;
  const auto left = std::chrono::ceil<milliseconds>(deadline - std::chrono::steady_clock::now()).count();
  return static_cast<int>(std::clamp<std::int64_t>(left, 0, 3'600'000));  // the caller asks again after an hour
}

}  // namespace

LibxenWatch::LibxenWatch() : connection_(connect_to_xenstored()), wake_fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (wake_fd_ < 0) throw Error("eventfd", errno);
}

LibxenWatch::~LibxenWatch() {
  ::close(wake_fd_);
}

void LibxenWatch::add(const std::string& path, const std::string& token) {
  if (!xs_watch(connection_.get(), path.c_str(), token.c_str())) throw Error("xs_watch " + path, errno);
}

void LibxenWatch::remove(const std::string& path, const std::string& token) {
  if (!xs_unwatch(connection_.get(), path.c_str(), token.c_str())) throw Error("xs_unwatch " + path, errno);
}

std::optional<WatchEvent> LibxenWatch::queued() {
  struct Free {
    void operator()(char** memory) const { std::free(memory); }
  };
  const std::unique_ptr<char*, Free> event(xs_check_watch(connection_.get()));
  if (event) return WatchEvent{event.get()[XS_WATCH_PATH], event.get()[XS_WATCH_TOKEN]};
  if (errno != EAGAIN) throw Error("xs_check_watch", errno, "the connection to xenstored is lost");
  return std::nullopt;
}

bool LibxenWatch::woken() {
  std::uint64_t count = 0;
  return ::read(wake_fd_, &count, sizeof count) == static_cast<ssize_t>(sizeof count);
}

std::optional<WatchEvent> LibxenWatch::wait(Deadline deadline) {
  for (;;) {
    if (woken()) return std::nullopt;
    // Always asked before poll: after one event the descriptor may look idle though more are queued (xenstore.h).
    if (std::optional<WatchEvent> event = queued()) return event;
    if (std::chrono::steady_clock::now() >= deadline) return std::nullopt;
    std::array<pollfd, 2> fds = {{{xs_fileno(connection_.get()), POLLIN, 0}, {wake_fd_, POLLIN, 0}}};
    if (::poll(fds.data(), fds.size(), milliseconds_until(deadline)) < 0 && errno != EINTR) throw Error("poll", errno);
  }
}

void LibxenWatch::wake() {
  const std::uint64_t one = 1;
  // Fails only when it has been woken 2^64 - 2 times already.
  [[maybe_unused]] const ssize_t written = ::write(wake_fd_, &one, sizeof one);
}

}  // namespace xc
