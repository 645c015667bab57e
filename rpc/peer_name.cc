#include "rpc/peer_name.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>

namespace rpc {

namespace {

// Family AF_UNSPEC when there is no peer (any more).
sockaddr_storage peer_address(int fd) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  if (::getpeername(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) return {};
  return address;
}

std::string ip_text(const sockaddr_storage& address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (address.ss_family == AF_INET) {
    ::inet_ntop(AF_INET, &reinterpret_cast<const sockaddr_in&>(address).sin_addr, text.data(), text.size());
  } else if (address.ss_family == AF_INET6) {
    const in6_addr& ip = reinterpret_cast<const sockaddr_in6&>(address).sin6_addr;
    if (IN6_IS_ADDR_V4MAPPED(&ip))
      ::inet_ntop(AF_INET, &ip.s6_addr[12], text.data(), text.size());
    else
      ::inet_ntop(AF_INET6, &ip, text.data(), text.size());
  }
  return text.data();
}

}  // namespace

std::string peer_ip(int fd) {
  return ip_text(peer_address(fd));
}

std::string peer_name(int fd) {
  const sockaddr_storage address = peer_address(fd);
  if (address.ss_family == AF_UNSPEC) return "a peer that has gone";
  if (address.ss_family == AF_INET)
    return fmt::format("{}:{}", ip_text(address), ntohs(reinterpret_cast<const sockaddr_in&>(address).sin_port));
  if (address.ss_family == AF_INET6)
    return fmt::format("[{}]:{}", ip_text(address), ntohs(reinterpret_cast<const sockaddr_in6&>(address).sin6_port));
  ucred who{};
  socklen_t size = sizeof who;
  if (::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &size) != 0) return "an unknown process";
  return fmt::format("process {} (uid {})", who.pid, who.uid);
}

}  // namespace rpc
