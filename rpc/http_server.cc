#include "rpc/http_server.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>
#include <list>
#include <mutex>
#include <system_error>
#include <thread>

#include "rpc/file_descriptor.h"
#include "rpc/http_connection.h"
#include "rpc/listen.h"

namespace rpc {

namespace {

using Clock = std::chrono::steady_clock;

// After accept has failed for want of descriptors or memory: until a connection ends, or this long, in milliseconds.
constexpr int kRetryAccept = 1000;

struct ServedClient {
  std::unique_ptr<HttpConnection> connection;
  std::thread thread;
  Phase phase = Phase::kTransfer;
  Clock::time_point since = Clock::now();  // of the phase
  bool hung_up = false;                    // to make room
  bool ended = false;
};

void set_up_tcp(int fd) {
  // Both fail on a unix socket, which needs neither. Keep-alive: a host that loses power must not hold a thread for
  // ever.
  const int on = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

}  // namespace

struct HttpServer::Impl {
  Impl(int fd, std::string name, std::unique_ptr<HttpFace> face, LogLine log, ServerLimits limits, Entrance entrance)
      : context{std::move(name), std::move(face), std::move(log), limits, std::move(entrance)},
        listener(fd),
        wake(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    context.stopped.reset(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (!wake || !context.stopped) throw std::system_error(errno, std::generic_category(), "eventfd");
    // A client may have gone again between poll and accept; accept must not wait for the next one.
    if (::fcntl(fd, F_SETFL, O_NONBLOCK) != 0)
      throw std::system_error(errno, std::generic_category(), "listening socket");
    acceptor = std::thread([this] { accept_clients(); });
  }

  void accept_clients();
  bool wait();
  void accept_one();
  void start(FileDescriptor fd);
  void set_phase(ServedClient& client, Phase phase);
  ServedClient* longest_in(Phase phase);
  std::optional<Clock::duration> until_room();
  void make_room();
  void join_ended();
  void wake_acceptor() const;

  ServerContext context;
  FileDescriptor listener;
  FileDescriptor wake;  // eventfd: the acceptor should look around
  mutable std::mutex mutex;
  std::list<ServedClient> clients;  // guarded by mutex; a list, because threads hold on to their entry
  bool short_of_resources = false;
  std::thread acceptor;
};

void HttpServer::Impl::wake_acceptor() const {
  const std::uint64_t one = 1;
  // Cannot fail but when the counter is full, and then the acceptor wakes anyway.
  [[maybe_unused]] const ssize_t n = ::write(wake.get(), &one, sizeof one);
}

void HttpServer::Impl::accept_clients() {
  while (!context.stopping) {
    try {
      const bool somebody = wait();
      join_ended();
      if (somebody && !context.stopping) accept_one();
    } catch (const std::exception& e) {
      short_of_resources = true;
      context.complain([&] { return std::string(e.what()) + "."; });
    }
  }
}

// True when somebody wants to connect and there is, or may be made, room.
bool HttpServer::Impl::wait() {
  std::optional<Clock::duration> until;
  {
    const std::lock_guard lock(mutex);
    until = until_room();
  }
  pollfd p[2] = {{wake.get(), POLLIN, 0}, {listener.get(), POLLIN, 0}};
  const bool listen = until == Clock::duration::zero() && !short_of_resources;
  int timeout = -1;
  if (short_of_resources)
    timeout = kRetryAccept;
  else if (!listen && until)
    timeout = static_cast<int>(std::chrono::ceil<std::chrono::milliseconds>(*until).count());
  ::poll(p, listen ? 2 : 1, timeout);
  short_of_resources = false;
  std::uint64_t count = 0;
  [[maybe_unused]] const ssize_t n = ::read(wake.get(), &count, sizeof count);
  return listen && p[1].revents != 0;
}

// The client that has been in `phase` for longest; null when none is. Under the mutex.
ServedClient* HttpServer::Impl::longest_in(Phase phase) {
  ServedClient* longest = nullptr;
  for (ServedClient& client : clients) {
    if (client.phase == phase && !client.ended && (!longest || client.since < longest->since)) longest = &client;
  }
  return longest;
}

// How long until there is room for another client, or somebody who may be made to leave; zero: now. None: somebody has
// to do something first, and the acceptor is woken then. Under the mutex.
std::optional<Clock::duration> HttpServer::Impl::until_room() {
  if (clients.size() < context.limits.connections) return Clock::duration::zero();
  // One is on its way out.
  const auto leaves = [](const ServedClient& c) { return c.ended || (c.hung_up && c.phase != Phase::kCall); };
  if (std::any_of(clients.begin(), clients.end(), leaves)) return std::nullopt;
  if (longest_in(Phase::kIdle)) return Clock::duration::zero();
  const ServedClient* const slow = longest_in(Phase::kTransfer);
  if (!slow) return std::nullopt;
  return std::max(Clock::duration::zero(), slow->since + context.limits.patience - Clock::now());
}

// Clients that keep a connection without using it, or dawdle, must not keep others out. Under the mutex.
void HttpServer::Impl::make_room() {
  if (until_room() != Clock::duration::zero()) return;
  if (ServedClient* const idle = longest_in(Phase::kIdle)) {
    idle->hung_up = true;
    idle->connection->hang_up();
  } else if (ServedClient* const slow = longest_in(Phase::kTransfer)) {
    slow->hung_up = true;
    slow->connection->cut_off();
  }
}

void HttpServer::Impl::accept_one() {
  {
    const std::lock_guard lock(mutex);
    if (clients.size() >= context.limits.connections) return make_room();
  }
  FileDescriptor fd(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
  if (fd) return start(std::move(fd));
  if (errno == EAGAIN || errno == EINTR || errno == ECONNABORTED) return;
  short_of_resources = true;
  const int error = errno;
  context.complain([&] { return fmt::format("cannot accept a connection: {}.", std::strerror(error)); });
}

void HttpServer::Impl::start(FileDescriptor fd) {
  set_up_tcp(fd.get());
  const std::lock_guard lock(mutex);
  ServedClient& client = clients.emplace_back();
  try {
    client.connection = std::make_unique<HttpConnection>(std::move(fd), context,
                                                         [this, &client](Phase phase) { set_phase(client, phase); });
    client.thread = std::thread([this, &client] {
      client.connection->serve();
      const std::lock_guard ended_lock(mutex);
      client.ended = true;
      wake_acceptor();
    });
  } catch (...) {
    clients.pop_back();
    throw;
  }
}

void HttpServer::Impl::set_phase(ServedClient& client, Phase phase) {
  const std::lock_guard lock(mutex);
  client.phase = phase;
  client.since = Clock::now();
  if (clients.size() >= context.limits.connections) wake_acceptor();
}

void HttpServer::Impl::join_ended() {
  std::list<ServedClient> ended;
  {
    const std::lock_guard lock(mutex);
    for (auto c = clients.begin(); c != clients.end();) {
      const auto next = std::next(c);
      if (c->ended) ended.splice(ended.end(), clients, c);
      c = next;
    }
  }
  for (ServedClient& client : ended) client.thread.join();
}

HttpServer::HttpServer(int listening_fd, std::string name, std::unique_ptr<HttpFace> face, LogLine log,
                       ServerLimits limits, Entrance entrance)
    : impl_(std::make_unique<Impl>(listening_fd, std::move(name), std::move(face), std::move(log), limits,
                                   std::move(entrance))) {}

HttpServer::~HttpServer() {
  stop();
}

void HttpServer::retire() {
  if (!impl_->acceptor.joinable()) return;
  impl_->context.stopping = true;
  impl_->wake_acceptor();
  impl_->acceptor.join();
  close_listener(impl_->listener);
  const std::lock_guard lock(impl_->mutex);
  for (ServedClient& client : impl_->clients) {
    if (client.phase != Phase::kCall) client.connection->hang_up();
  }
}

bool HttpServer::retired() const {
  const std::lock_guard lock(impl_->mutex);
  return std::all_of(impl_->clients.begin(), impl_->clients.end(), [](const ServedClient& c) { return c.ended; });
}

void HttpServer::stop() {
  retire();
  ::eventfd_write(impl_->context.stopped.get(), 1);
  {
    const std::lock_guard lock(impl_->mutex);
    for (ServedClient& client : impl_->clients) client.connection->hang_up();
  }
  // No new ones can come now, and nobody else touches the list.
  for (ServedClient& client : impl_->clients) client.thread.join();
  impl_->clients.clear();
}

}  // namespace rpc
