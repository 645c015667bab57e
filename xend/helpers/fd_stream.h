// A file or a connected socket as ByteSink and ByteSource, blocking, with errors that say what happened to the image.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "xend/helpers/byte_stream.h"
#include "xend/helpers/direct_file.h"

namespace xend {

// How a regular file is written and read: as a rule, or past the page cache (direct_file.h), which pays for images.
enum class FileWay { kOrdinary, kDirect };

// Makes TCP send what it is given at once, and take little ahead of that: megabytes in the socket's buffer would have
// to go out before the last round of a live migration, while the guest stands still. Does nothing for other
// descriptors.
void keep_queue_short(int fd);

class FdSink final : public ByteSink {
 public:
  // `fd` stays the caller's. `before_write` is called with the number of bytes that are about to go out; what it throws
  // ends the writing. While a socket's other end takes nothing it is called with 0, five times a second: who wants to
  // give up need not wait for that end. Empty: nothing is called.
  explicit FdSink(int fd, std::function<void(std::size_t)> before_write = {}, FileWay way = FileWay::kOrdinary);

  // Small pieces are collected; flush() sends what is left of them. Throws Failure, also when the socket's limit of
  // time is over.
  void write(std::span<const std::byte> bytes) override;
  void flush();

  std::uint64_t bytes_written() const { return written_; }

 private:
  using Clock = std::chrono::steady_clock;

  void send_collected();
  void send(std::span<const std::byte> bytes);
  ssize_t write_some(std::span<const std::byte> bytes) const;
  // `since`: when the other end last took something. Throws Failure when that is longer ago than the socket's limit.
  void wait_for_room(Clock::time_point since);

  int fd_;
  bool socket_;
  std::function<void(std::size_t)> before_write_;
  std::optional<DirectWriter> direct_;
  std::vector<std::byte> collected_;
  std::uint64_t written_ = 0;
};

class FdSource final : public ByteSource {
 public:
  // `fd` stays the caller's. `start`: the offset of what comes first, where `fd` is no file and cannot tell it.
  explicit FdSource(int fd, std::uint64_t start = 0, FileWay way = FileWay::kOrdinary);

  // Throws Failure, also when nothing comes for as long as the socket's limit (SO_RCVTIMEO) is.
  std::size_t read(std::span<std::byte> bytes) override;
  // Reads until `bytes` is full or the input ends; returns how many it got.
  std::size_t fill(std::span<std::byte> bytes);
  // The next `length` bytes without copying them, when they are in memory already and in one piece; otherwise nothing,
  // and nothing is read. Good until the next call.
  std::span<const std::byte> take(std::size_t length);

  // Where the next byte comes from: the offset in a file; in a stream the number of bytes before it.
  std::uint64_t position() const { return start_ + read_; }
  std::uint64_t bytes_read() const { return read_; }

 private:
  ssize_t read_some(std::span<std::byte> bytes);

  int fd_;
  std::uint64_t start_;
  std::uint64_t read_ = 0;
  bool try_direct_;
  std::optional<DirectReader> direct_;
};

}  // namespace xend
