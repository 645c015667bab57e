#include "xend/relocation/peer.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <system_error>
#include <vector>

#include "rpc/kernel_tls.h"
#include "xend/error.h"
#include "xend/log.h"

namespace xend {

namespace {

using Clock = std::chrono::steady_clock;
constexpr std::chrono::seconds kConnectLimit{30};  // spec protocols 1.3

void set_option(int fd, int level, int name, int value) {
  setsockopt(fd, level, name, &value, sizeof value);
}

// Waits for `events`; false when the limit passes.
bool wait_for(int fd, short events, Clock::time_point deadline) {
  while (true) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
    pollfd p{fd, events, 0};
    const int n = poll(&p, 1, left > 0 ? static_cast<int>(left) : 0);
    if (n > 0) return true;
    if (n == 0) return false;
    if (errno != EINTR) throw std::system_error(errno, std::generic_category(), "poll");
  }
}

struct FreeAddresses {
  void operator()(addrinfo* list) const { freeaddrinfo(list); }
};
using Addresses = std::unique_ptr<addrinfo, FreeAddresses>;

Addresses resolve(const std::string& host, unsigned port) {
  addrinfo hints{};
  hints.ai_family = AF_INET;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* list = nullptr;
  const int error = getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &list);
  if (error != 0)
    throw Error(Error::Kind::kConnection,
                fmt::format("can't connect: [Errno {}] {}\nThere is no host called '{}': look at the "
                            "spelling, /etc/hosts and the name server.",
                            error, gai_strerror(error), host));
  return Addresses(list);
}

[[noreturn]] void refuse(const std::string& host, unsigned port, int error) {
  const auto reason =
      error == ETIMEDOUT ? std::string("timed out") : fmt::format("[Errno {}] {}", error, std::strerror(error));
  throw Error(
      Error::Kind::kConnection,
      fmt::format(
          "can't connect: {}\nNobody takes domains at {} port {}: is xend running there, with (xend-relocation-server "
          "yes), and does no packet filter stand between?",
          reason, host, port));
}

}  // namespace

Peer::Peer(rpc::FileDescriptor socket) : socket_(std::move(socket)) {
  set_option(fd(), IPPROTO_TCP, TCP_NODELAY, 1);
  set_option(fd(), SOL_SOCKET, SO_KEEPALIVE, 1);
  set_option(fd(), IPPROTO_TCP, TCP_KEEPIDLE, 10);
  set_option(fd(), IPPROTO_TCP, TCP_KEEPINTVL, 5);
  set_option(fd(), IPPROTO_TCP, TCP_KEEPCNT, 4);
  set_option(fd(), IPPROTO_TCP, TCP_USER_TIMEOUT, 30'000);
}

void Peer::encrypt_as_server(const rpc::TlsParty& here, std::chrono::milliseconds limit) {
  take(here.accept(std::move(socket_), Clock::now() + limit), here.asks());
}

void Peer::encrypt_as_client(const rpc::TlsParty& here, const std::string& host, std::chrono::milliseconds limit) {
  take(here.connect(std::move(socket_), host, Clock::now() + limit), here.asks());
}

void Peer::take(rpc::SecuredSocket secured, bool asked) {
  const char* const who = !asked                ? "whose certificate the other host shows was not asked"
                          : secured.peer.pinned ? "the other host's certificate is one of xend-relocation-ssl-peers"
                                                : "xend-relocation-ssl-ca-file vouches for the other host";
  protection_ = fmt::format("encrypted with {}; {}", secured.how, who);
  certified_ = asked;
  by_kernel_ = !secured.tunnel;
  tunnel_ = std::move(secured.tunnel);
  socket_ = std::move(secured.fd);
}

void Peer::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto n = ::send(fd(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) throw std::system_error(errno, std::generic_category(), "send");
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
}

// As recv(2); -1 with EAGAIN when the deadline passes.
ssize_t Peer::receive_some(std::span<char> buffer, Deadline deadline) {
  if (!by_kernel_) {
    if (wait_for(fd(), POLLIN, deadline)) return recv(fd(), buffer.data(), buffer.size(), 0);
    errno = EAGAIN;
    return -1;
  }
  // poll says of such a socket that it can be read when the first byte of a record is there; recv waits for the last.
  const auto left = std::chrono::ceil<std::chrono::microseconds>(deadline - Clock::now()).count();
  const bool waits = left > 0;
  const timeval limit{waits ? left / 1'000'000 : 0, waits ? left % 1'000'000 : 0};
  if (waits) setsockopt(fd(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  return rpc::receive_from_kernel(fd(), buffer, waits ? 0 : MSG_DONTWAIT);
}

std::string Peer::receive(std::size_t size, std::chrono::milliseconds limit) {
  const auto deadline = Clock::now() + limit;
  std::string bytes(size, '\0');
  while (true) {
    const auto n = receive_some(bytes, deadline);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) throw std::system_error(errno == EAGAIN ? ETIMEDOUT : errno, std::generic_category(), "receive");
    bytes.resize(static_cast<std::size_t>(n));
    return bytes;
  }
}

void Peer::half_close() {
  if (by_kernel_)
    rpc::send_goodbye_by_kernel(fd());
  else
    shutdown(fd(), SHUT_WR);
}

void Peer::drain(std::chrono::milliseconds limit) noexcept {
  const auto deadline = Clock::now() + limit;
  try {
    std::vector<char> waste(256 * 1024);
    for (std::size_t left = std::size_t{1} << 30; left > 0 && Clock::now() < deadline;) {
      const auto n = receive_some(waste, deadline);
      if (n <= 0) return;
      left -= std::min(left, static_cast<std::size_t>(n));
    }
  } catch (const std::exception&) {
    // Without memory, or poll, the peer reads what it can.
  }
}

Peer connect_to(const std::string& host, unsigned port) {
  const auto deadline = Clock::now() + kConnectLimit;
  const auto addresses = resolve(host, port);
  int error = EHOSTUNREACH;
  for (const auto* a = addresses.get(); a; a = a->ai_next) {
    rpc::FileDescriptor socket(::socket(a->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!socket) throw std::system_error(errno, std::generic_category(), "socket");
    if (connect(socket.get(), a->ai_addr, a->ai_addrlen) != 0) {
      error = errno;
      if (error != EINPROGRESS) continue;
      socklen_t size = sizeof error;
      if (!wait_for(socket.get(), POLLOUT, deadline))
        error = ETIMEDOUT;
      else
        getsockopt(socket.get(), SOL_SOCKET, SO_ERROR, &error, &size);
      if (error != 0) continue;
    }
    const int flags = fcntl(socket.get(), F_GETFL);
    fcntl(socket.get(), F_SETFL, flags & ~O_NONBLOCK);  // the helper programs expect a blocking descriptor
    return Peer(std::move(socket));
  }
  refuse(host, port, error);
}

bool is_this_host(const std::string& host) {
  const auto addresses = resolve(host, 0);
  ifaddrs* raw = nullptr;
  if (getifaddrs(&raw) != 0) throw std::system_error(errno, std::generic_category(), "getifaddrs");
  const std::unique_ptr<ifaddrs, decltype(&freeifaddrs)> own(raw, freeifaddrs);
  for (const auto* a = addresses.get(); a; a = a->ai_next) {
    const auto wanted = reinterpret_cast<const sockaddr_in*>(a->ai_addr)->sin_addr.s_addr;
    if (ntohl(wanted) >> 24 == 127) return true;
    for (const auto* i = own.get(); i; i = i->ifa_next)
      if (i->ifa_addr && i->ifa_addr->sa_family == AF_INET &&
          reinterpret_cast<const sockaddr_in*>(i->ifa_addr)->sin_addr.s_addr == wanted)
        return true;
  }
  return false;
}

}  // namespace xend
