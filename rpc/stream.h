// Bytes to and from a peer, plain or through TLS, blocking up to a deadline. What the bytes mean is not known here.
#pragma once

#include <chrono>
#include <span>
#include <string>
#include <string_view>

#include "rpc/file_descriptor.h"

namespace rpc {

using Deadline = std::chrono::steady_clock::time_point;
inline constexpr Deadline kNoDeadline = Deadline::max();

class Stream {
 public:
  virtual ~Stream() = default;

  // Waits until there is something to read and puts it into `buffer` (not empty). Returns the number of bytes, 0 when
  // the peer has closed its side. Throws std::system_error; ETIMEDOUT when the deadline passes first.
  virtual std::size_t read(std::span<char> buffer) = 0;

  // Writes all of `bytes`. Throws std::system_error as read does; a peer that is gone is EPIPE or ECONNRESET, never a
  // signal.
  virtual void write(std::string_view bytes) = 0;
};

// A connected stream socket. The deadline holds for every read and write until the next one is set.
class SocketStream : public Stream {
 public:
  explicit SocketStream(FileDescriptor fd) : fd_(std::move(fd)) {}

  void set_deadline(Deadline deadline) { deadline_ = deadline; }
  int fd() const { return fd_.get(); }
  // Hands the socket over; the stream is done with.
  FileDescriptor release() { return std::move(fd_); }

  std::size_t read(std::span<char> buffer) override;
  void write(std::string_view bytes) override;

  // True when a read would return at once: with bytes, or because the peer has closed.
  bool readable() const;

 private:
  FileDescriptor fd_;
  Deadline deadline_ = kNoDeadline;
};

}  // namespace rpc
