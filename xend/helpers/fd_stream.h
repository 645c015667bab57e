// A file or a connected socket as ByteSink and ByteSource, blocking, with errors that say what happened to the image.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "xend/helpers/byte_stream.h"

namespace xend {

class FdSink final : public ByteSink {
 public:
  // `fd` stays the caller's. `before_write` is called with the number of bytes that are about to go out; what it throws
  // ends the writing. While a socket's other end takes nothing it is called with 0, five times a second: who wants to
  // give up need not wait for that end. Empty: nothing is called.
  explicit FdSink(int fd, std::function<void(std::size_t)> before_write = {});

  // Small pieces are collected; flush() sends what is left of them.
  void write(std::span<const std::byte> bytes) override;
  void flush();

  std::uint64_t bytes_written() const { return written_; }

 private:
  void send(std::span<const std::byte> bytes);

  ssize_t write_some(std::span<const std::byte> bytes) const;
  void wait_for_room();

  int fd_;
  bool socket_;
  std::function<void(std::size_t)> before_write_;
  std::vector<std::byte> collected_;
  std::uint64_t written_ = 0;
};

class FdSource final : public ByteSource {
 public:
  // `fd` stays the caller's. `start`: the offset of what comes first, where `fd` is no file and cannot tell it.
  explicit FdSource(int fd, std::uint64_t start = 0);

  std::size_t read(std::span<std::byte> bytes) override;
  // Reads until `bytes` is full or the input ends; returns how many it got.
  std::size_t fill(std::span<std::byte> bytes);

  // Where the next byte comes from: the offset in a file; in a stream the number of bytes before it.
  std::uint64_t position() const { return start_ + read_; }
  std::uint64_t bytes_read() const { return read_; }

 private:
  int fd_;
  std::uint64_t start_;
  std::uint64_t read_ = 0;
};

}  // namespace xend
