// Image files past the page cache: whole MiBs from and to the disk take a quarter of the time that the cache takes,
// leave nothing for fsync to do, and do not push out of the cache what others need (spec image-speed 3).
//
// Both open the file once more for it, so that the descriptor that was given, whose description the daemon shares,
// stays as it is but for its offset. File systems that know no O_DIRECT (tmpfs) get ordinary reads and writes.
#pragma once

#include <sys/types.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <future>
#include <memory>
#include <span>

#include "xend/helpers/descriptor.h"

namespace xend {

// A buffer as O_DIRECT wants it: length, address and offset in the file divisible by kBlock.
class AlignedBuffer {
 public:
  static constexpr std::size_t kBlock = 4096, kSize = 4 << 20;

  AlignedBuffer();
  std::span<std::byte> bytes() const { return {static_cast<std::byte*>(memory_.get()), kSize}; }

 private:
  struct Free {
    void operator()(void* memory) const { std::free(memory); }
  };
  std::unique_ptr<void, Free> memory_;
};

// While one buffer is on its way to the disk the other is filled.
class DirectWriter {
 public:
  // Writes from the offset of `fd`, a regular file open for writing, which stays the caller's.
  explicit DirectWriter(int fd);

  // Throw Failure that says how much of what came here is in the file; of what went out in the background, that may be
  // a later call.
  void write(std::span<const std::byte> bytes);
  // Writes what is left. The file ends then behind the last byte written, and the offset of the descriptor is there.
  // More may be written after it.
  void finish();

 private:
  void begin_to_put(std::size_t length);
  void wait();
  void put(std::span<const std::byte> bytes, std::uint64_t offset);
  void put_ordinarily(std::span<const std::byte> bytes, std::uint64_t offset) const;

  int fd_;
  Descriptor direct_;  // the background's, while there is one
  std::array<AlignedBuffer, 2> buffers_;
  std::size_t current_ = 0, filled_ = 0;  // the buffer that is being filled, and how far
  std::uint64_t start_, offset_;          // in the file: of the first byte written, of the first in that buffer
  std::future<void> background_;
};

// While one buffer is being used the disk fills the other.
class DirectReader {
 public:
  // Reads from the offset of `fd`, a regular file, which stays the caller's.
  explicit DirectReader(int fd);

  // Whether there is anything to gain: the file can be read past the cache, and is not in the cache.
  bool useful() const { return direct_.get() >= 0; }

  // As read(2), and as if it had been read(2) from the descriptor, whose offset it moves. EINVAL: this is not possible
  // any more, and read(2) is to be used from here.
  ssize_t read(std::span<std::byte> bytes);
  // The next `length` bytes, as if they had been read, when they are in the buffer; otherwise none. Good until the next
  // call.
  std::span<const std::byte> take(std::size_t length);

 private:
  void advance(std::size_t bytes);
  // Of the current buffer, from offset_ on.
  std::span<const std::byte> ahead() const;
  // Returns how many bytes are there, or -1 and errno.
  ssize_t turn_to(std::uint64_t block);
  void begin_to_get(std::uint64_t block);

  struct Got {
    ssize_t bytes = 0;  // or -1
    int error = 0;
  };

  int fd_;
  Descriptor direct_;  // the background's, while there is one
  std::array<AlignedBuffer, 2> buffers_;
  std::size_t current_ = 0;        // the buffer that is being used
  std::uint64_t buffered_at_ = 0;  // in the file
  std::size_t filled_ = 0;
  std::uint64_t offset_;
  std::uint64_t coming_at_ = 0;  // in the file: what the background puts into the other buffer
  std::future<Got> background_;
};

}  // namespace xend
