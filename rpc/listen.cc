#include "rpc/listen.h"

#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <cerrno>
#include <filesystem>
#include <memory>
#include <system_error>

#include "rpc/unix_address.h"

namespace rpc {

namespace {

constexpr int kBacklog = 128;

[[noreturn]] void throw_errno(int error, const std::string& what) {
  throw std::system_error(error, std::generic_category(), what);
}

void make_private_directory(const std::filesystem::path& directory) {
  std::filesystem::create_directories(directory.parent_path());
  if (::mkdir(directory.c_str(), 0700) != 0 && errno != EEXIST) throw_errno(errno, directory);
  if (::chmod(directory.c_str(), 0700) != 0) throw_errno(errno, directory);
}

// Removes a socket that nobody listens on. One that answers belongs to a running daemon, and anything that is not a
// socket to somebody else: both stay, and are an error.
void remove_stale_socket(const std::string& path, const UnixAddress& address) {
  struct stat st {};
  if (::lstat(path.c_str(), &st) != 0) {
    if (errno == ENOENT) return;
    throw_errno(errno, path);
  }
  if (!S_ISSOCK(st.st_mode)) throw_errno(EEXIST, path + " is not a socket");
  const FileDescriptor probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!probe) throw_errno(errno, "socket");
  // EAGAIN: somebody listens, and others wait.
  if (::connect(probe.get(), address.get(), address.size()) == 0 || errno == EAGAIN) {
    throw_errno(EADDRINUSE, "another process listens on " + path);
  }
  if (::unlink(path.c_str()) != 0) throw_errno(errno, path);
}

int bind_unix(const std::string& path) {
  const UnixAddress address(path);
  remove_stale_socket(path, address);
  FileDescriptor fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!fd) throw_errno(errno, "socket");
  // Before bind: the socket in the file system takes its mode from this one, and is never open to others.
  if (::fchmod(fd.get(), 0600) != 0) throw_errno(errno, path);
  if (::bind(fd.get(), address.get(), address.size()) != 0) throw_errno(errno, path);
  if (::listen(fd.get(), kBacklog) != 0) throw_errno(errno, path);
  return fd.release();
}

}  // namespace

int listen_unix(const std::string& path) {
  make_private_directory(std::filesystem::absolute(path).parent_path());
  return bind_unix(path);
}

int listen_unix_for_owner(const std::string& path) {
  const auto directory = std::filesystem::absolute(path).parent_path();
  if (!std::filesystem::exists(directory)) make_private_directory(directory);
  return bind_unix(path);
}

namespace {

using Addresses = std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)>;

// Of one family; null when there is none.
Addresses resolve(const std::string& address, unsigned port, int family, int& error) {
  addrinfo hints{};
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_family = family;
  addrinfo* found = nullptr;
  error = ::getaddrinfo(address.empty() ? nullptr : address.c_str(), std::to_string(port).c_str(), &hints, &found);
  return {found, ::freeaddrinfo};
}

}  // namespace

int listen_tcp(const std::string& address, unsigned port) {
  const std::string where = (address.empty() ? "*" : address) + ":" + std::to_string(port);
  int error = 0;
  Addresses found = resolve(address, port, AF_INET, error);
  if (!found) found = resolve(address, port, AF_INET6, error);
  if (!found) throw_errno(error == EAI_SYSTEM ? errno : EADDRNOTAVAIL, where + ": " + ::gai_strerror(error));
  FileDescriptor fd(::socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!fd) throw_errno(errno, "socket");
  const int on = 1;
  ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (::bind(fd.get(), found->ai_addr, found->ai_addrlen) != 0) throw_errno(errno, where);
  if (::listen(fd.get(), kBacklog) != 0) throw_errno(errno, where);
  return fd.release();
}

void close_listener(FileDescriptor& listener) noexcept {
  sockaddr_un address{};
  socklen_t size = sizeof address - 1;  // UnixAddress has seen to it that the path ends within it
  if (::getsockname(listener.get(), reinterpret_cast<sockaddr*>(&address), &size) == 0 &&
      address.sun_family == AF_UNIX && address.sun_path[0] == '/')
    ::unlink(address.sun_path);
  listener.reset();
}

unsigned port_of(int fd) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  if (::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) throw_errno(errno, "getsockname");
  if (address.ss_family == AF_INET6) return ntohs(reinterpret_cast<const sockaddr_in6&>(address).sin6_port);
  return ntohs(reinterpret_cast<const sockaddr_in&>(address).sin_port);
}

}  // namespace rpc
