// Owner of a file descriptor: closes it.
#pragma once

#include <unistd.h>

#include <utility>

namespace xm::guest_config {

class Descriptor {
 public:
  explicit Descriptor(int fd = -1) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) close(fd_);
  }
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }

  int get() const { return fd_; }  // -1: none

 private:
  int fd_;
};

}  // namespace xm::guest_config
