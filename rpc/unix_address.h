// The address of a unix socket in the file system, as bind and connect want it.
#pragma once

#include <sys/socket.h>
#include <sys/un.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <system_error>

namespace rpc {

class UnixAddress {
 public:
  // Throws std::system_error ENAMETOOLONG when `path` does not fit (107 bytes) or is empty.
  explicit UnixAddress(const std::string& path) {
    if (path.empty() || path.size() >= sizeof address_.sun_path) {
      throw std::system_error(ENAMETOOLONG, std::generic_category(), "socket path \"" + path + "\"");
    }
    address_.sun_family = AF_UNIX;
    std::memcpy(address_.sun_path, path.c_str(), path.size() + 1);
  }

  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&address_); }
  socklen_t size() const { return sizeof address_; }

 private:
  sockaddr_un address_{};
};

}  // namespace rpc
