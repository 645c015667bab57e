// Where the bytes of an image go to and come from, as small interfaces: a file descriptor, frames around one, and the
// library's reads and writes meet here.
#pragma once

#include <cstddef>
#include <span>

namespace xend {

class ByteSink {
 public:
  virtual ~ByteSink() = default;
  // Takes all of `bytes`. Throws Failure.
  virtual void write(std::span<const std::byte> bytes) = 0;
};

class ByteSource {
 public:
  virtual ~ByteSource() = default;
  // Fills `bytes` (not empty) from the start, with at least one byte; returns how many. 0: there are no more, ever.
  // Throws Failure.
  virtual std::size_t read(std::span<std::byte> bytes) = 0;
};

}  // namespace xend
