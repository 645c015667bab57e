// Owns one file descriptor and closes it. What it refers to (file, socket, pipe) and how it is read is not known here.
#pragma once

#include <unistd.h>

#include <utility>

namespace rpc {

class FileDescriptor {
 public:
  FileDescriptor() = default;  // owns nothing
  explicit FileDescriptor(int fd) : fd_(fd) {}
  ~FileDescriptor() { reset(); }
  FileDescriptor(FileDescriptor&& other) noexcept : fd_(other.release()) {}
  FileDescriptor& operator=(FileDescriptor&& other) noexcept {
    reset(other.release());
    return *this;
  }

  // The descriptor, still owned; -1 when there is none.
  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }

  // Hands the descriptor over to the caller, who has to close it.
  int release() { return std::exchange(fd_, -1); }

  // Closes what is owned, then owns `fd`. A failing close is ignored: the descriptor is gone in every case, and who
  // needs to know that data arrived on a disk calls fsync before.
  void reset(int fd = -1) {
    const int old = std::exchange(fd_, fd);
    if (old >= 0 && old != fd) ::close(old);
  }

 private:
  int fd_ = -1;
};

}  // namespace rpc
