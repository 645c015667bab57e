// Image files past the page cache: whole MiBs from and to the disk take a quarter of the time that the cache takes,
// leave nothing for fsync to do, and do not push out of the cache what others need (spec image-speed 3).
//
// Both open the file once more for it, so that the descriptor that was given, whose description the daemon shares,
// stays as it is but for its offset. File systems that know no O_DIRECT (tmpfs) get ordinary reads and writes.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
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

class DirectWriter {
 public:
  // Writes from the offset of `fd`, a regular file open for writing, which stays the caller's.
  explicit DirectWriter(int fd);

  // Throw Failure that says how much of what came here is in the file.
  void write(std::span<const std::byte> bytes);
  // Writes what is left. The file ends then behind the last byte written, and the offset of the descriptor is there.
  // More may be written after it.
  void finish();

 private:
  void write_ordinarily(std::span<const std::byte> bytes);
  void put(std::size_t length);

  int fd_;
  Descriptor direct_;
  AlignedBuffer buffer_;
  std::size_t filled_ = 0;
  std::uint64_t start_, offset_;  // in the file: of the first byte written, of the first in the buffer
};

class DirectReader {
 public:
  // Reads from the offset of `fd`, a regular file, which stays the caller's.
  explicit DirectReader(int fd);

  // Whether there is anything to gain: the file can be read past the cache, and is not in the cache.
  bool useful() const { return direct_.get() >= 0; }

  // As read(2), and as if it had been read(2) from the descriptor, whose offset it moves. EINVAL: this is not possible
  // any more, and read(2) is to be used from here.
  ssize_t read(std::span<std::byte> bytes);

 private:
  int fd_;
  Descriptor direct_;
  AlignedBuffer buffer_;
  std::uint64_t buffered_at_ = 0;  // in the file
  std::size_t filled_ = 0;
  std::uint64_t offset_;
};

}  // namespace xend
