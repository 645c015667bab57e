// A unix socket that a test listens on, in place of a device model.
#pragma once

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <functional>
#include <string>
#include <thread>

#include "xend/helpers/descriptor.h"

namespace xend::test {

// One connection to the socket, seen from the device model.
class Connection {
 public:
  explicit Connection(int fd) : fd_(fd) {}

  // False when the other end does not listen any more.
  bool say(const std::string& text) const {
    for (std::size_t sent = 0; sent < text.size();) {
      const ssize_t n = ::send(fd_, text.data() + sent, text.size() - sent, MSG_NOSIGNAL);
      if (n <= 0) return false;
      sent += static_cast<std::size_t>(n);
    }
    return true;
  }
  // The next line without its end; "" when the other end has gone.
  std::string hear() {
    std::string line;
    for (char c = 0; ::read(fd_, &c, 1) == 1 && c != '\n';) line += c;
    return line;
  }
  void wait_for_end() const {
    for (char c = 0; ::read(fd_, &c, 1) > 0;) continue;
  }

 private:
  int fd_;
};

// Serves one connection in a thread of its own.
class ListeningSocket {
 public:
  ListeningSocket(const std::string& path, std::function<void(Connection&)> serve)
      : listener_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    EXPECT_EQ(::bind(listener_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(::listen(listener_.get(), 1), 0);
    thread_ = std::thread([this, serve = std::move(serve)] {
      const Descriptor peer(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
      if (peer.get() < 0) return;
      Connection connection(peer.get());
      serve(connection);
    });
  }
  ~ListeningSocket() {
    ::shutdown(listener_.get(), SHUT_RDWR);  // ends an accept that nobody has come to
    thread_.join();
  }
  ListeningSocket(const ListeningSocket&) = delete;
  ListeningSocket& operator=(const ListeningSocket&) = delete;

 private:
  Descriptor listener_;
  std::thread thread_;
};

}  // namespace xend::test
