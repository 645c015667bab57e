#include "rpc/server.h"

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
#include "rpc/server_connection.h"

namespace rpc {

namespace {

using Clock = std::chrono::steady_clock;

// After accept has failed for want of descriptors or memory: until a connection ends, or this long, in milliseconds.
constexpr int kRetryAccept = 1000;

struct ServedClient {
  std::unique_ptr<ServerConnection> connection;
  std::thread thread;
  Clock::time_point idle_since = Clock::time_point::max();  // max: it is not idle
  bool hung_up = false;
  bool ended = false;

  bool idle() const { return idle_since != Clock::time_point::max(); }
};

void set_up_tcp(int fd) {
  // Both fail on a unix socket, which needs neither. Keep-alive: a host that loses power must not hold a thread for
  // ever.
  const int on = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

}  // namespace

struct Server::Impl {
  Impl(int fd, std::string name, Dispatcher dispatch, LogLine log, ServerLimits limits)
      : context{std::move(name), std::move(dispatch), std::move(log), limits},
        listener(fd),
        wake(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    if (!wake) throw std::system_error(errno, std::generic_category(), "eventfd");
    // A client may have gone again between poll and accept; accept must not wait for the next one.
    if (::fcntl(fd, F_SETFL, O_NONBLOCK) != 0)
      throw std::system_error(errno, std::generic_category(), "listening socket");
    acceptor = std::thread([this] { accept_clients(); });
  }

  void accept_clients();
  bool wait();
  void accept_one();
  void start(FileDescriptor fd);
  void set_idle(ServedClient& client, bool idle);
  ServedClient* longest_idle();
  void join_ended();
  void wake_acceptor() const;

  ServerContext context;
  FileDescriptor listener;
  FileDescriptor wake;  // eventfd: the acceptor should look around
  std::mutex mutex;
  std::list<ServedClient> clients;  // guarded by mutex; a list, because threads hold on to their entry
  bool short_of_resources = false;
  std::thread acceptor;
};

void Server::Impl::wake_acceptor() const {
  const std::uint64_t one = 1;
  // Cannot fail but when the counter is full, and then the acceptor wakes anyway.
  [[maybe_unused]] const ssize_t n = ::write(wake.get(), &one, sizeof one);
}

void Server::Impl::accept_clients() {
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
bool Server::Impl::wait() {
  bool room = true;
  {
    const std::lock_guard lock(mutex);
    room = clients.size() < context.limits.connections || longest_idle();
  }
  pollfd p[2] = {{wake.get(), POLLIN, 0}, {listener.get(), POLLIN, 0}};
  const bool listen = room && !short_of_resources;
  ::poll(p, listen ? 2 : 1, short_of_resources ? kRetryAccept : -1);
  short_of_resources = false;
  std::uint64_t count = 0;
  [[maybe_unused]] const ssize_t n = ::read(wake.get(), &count, sizeof count);
  return listen && p[1].revents != 0;
}

// The client that has been idle for longest; null when none is, or when one was hung up and is about to make room.
// Under the mutex.
ServedClient* Server::Impl::longest_idle() {
  const auto since = [](const ServedClient& c) { return c.idle_since; };
  if (std::any_of(clients.begin(), clients.end(), [](const ServedClient& c) { return c.hung_up && c.idle(); }))
    return nullptr;
  const auto found =
      std::min_element(clients.begin(), clients.end(),
                       [&](const ServedClient& a, const ServedClient& b) { return since(a) < since(b); });
  return found == clients.end() || !found->idle() ? nullptr : &*found;
}

void Server::Impl::accept_one() {
  {
    // Clients that keep a connection without using it must not keep others out.
    const std::lock_guard lock(mutex);
    if (clients.size() >= context.limits.connections) {
      if (ServedClient* idle = longest_idle()) {
        idle->hung_up = true;
        idle->connection->hang_up();
      }
      return;
    }
  }
  FileDescriptor fd(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
  if (fd) return start(std::move(fd));
  if (errno == EAGAIN || errno == EINTR || errno == ECONNABORTED) return;
  short_of_resources = true;
  const int error = errno;
  context.complain([&] { return fmt::format("cannot accept a connection: {}.", std::strerror(error)); });
}

void Server::Impl::start(FileDescriptor fd) {
  set_up_tcp(fd.get());
  const std::lock_guard lock(mutex);
  ServedClient& client = clients.emplace_back();
  try {
    client.connection = std::make_unique<ServerConnection>(std::move(fd), context,
                                                           [this, &client](bool idle) { set_idle(client, idle); });
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

void Server::Impl::set_idle(ServedClient& client, bool idle) {
  const std::lock_guard lock(mutex);
  client.idle_since = idle ? Clock::now() : Clock::time_point::max();
  if (idle && clients.size() >= context.limits.connections) wake_acceptor();
}

void Server::Impl::join_ended() {
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

Server::Server(int listening_fd, std::string name, Dispatcher dispatch, LogLine log, ServerLimits limits)
    : impl_(std::make_unique<Impl>(listening_fd, std::move(name), std::move(dispatch), std::move(log), limits)) {}

Server::~Server() {
  stop();
}

void Server::stop() {
  if (!impl_->acceptor.joinable()) return;
  impl_->context.stopping = true;
  impl_->wake_acceptor();
  impl_->acceptor.join();
  impl_->listener.reset();
  {
    const std::lock_guard lock(impl_->mutex);
    for (ServedClient& client : impl_->clients) client.connection->hang_up();
  }
  // No new ones can come now, and nobody else touches the list.
  for (ServedClient& client : impl_->clients) client.thread.join();
  impl_->clients.clear();
}

}  // namespace rpc
