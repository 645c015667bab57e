// Owner of a file descriptor: closes it.
#pragma once

namespace xend {

class Descriptor {
 public:
  explicit Descriptor(int fd = -1) : fd_(fd) {}
  ~Descriptor() { close(); }
  Descriptor(Descriptor&& other) noexcept;
  Descriptor& operator=(Descriptor&& other) noexcept;

  int get() const { return fd_; }  // -1: none
  void close();

 private:
  int fd_;
};

}  // namespace xend
