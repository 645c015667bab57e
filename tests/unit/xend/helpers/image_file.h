// An image in an anonymous file, for the tests of readers and writers.
#pragma once

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "xend/helpers/byte_stream.h"
#include "xend/helpers/fd_stream.h"
#include "xend/helpers/frame_writer.h"

namespace xend::test {

class ImageFile {
 public:
  explicit ImageFile(const std::string& content = "") : fd_(::memfd_create("image", MFD_CLOEXEC)) {
    EXPECT_GE(fd_, 0);
    set(content);
  }
  ~ImageFile() { ::close(fd_); }
  ImageFile(const ImageFile&) = delete;
  ImageFile& operator=(const ImageFile&) = delete;

  int fd() const { return fd_; }

  // Replaces the content and goes to its start.
  void set(const std::string& content) {
    EXPECT_EQ(::ftruncate(fd_, 0), 0);
    EXPECT_EQ(::pwrite(fd_, content.data(), content.size(), 0), static_cast<ssize_t>(content.size()));
    rewind();
  }
  void rewind(off_t position = 0) { EXPECT_EQ(::lseek(fd_, position, SEEK_SET), position); }
  off_t position() const { return ::lseek(fd_, 0, SEEK_CUR); }

  std::string content() const {
    std::string all(static_cast<std::size_t>(::lseek(fd_, 0, SEEK_END)), '\0');
    EXPECT_EQ(::pread(fd_, all.data(), all.size(), 0), static_cast<ssize_t>(all.size()));
    return all;
  }

 private:
  int fd_;
};

inline std::span<const std::byte> bytes(const std::string& text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

inline std::string read_all(ByteSource& source) {
  std::string all;
  std::vector<std::byte> piece(1000);
  while (const std::size_t got = source.read(piece)) all.append(reinterpret_cast<const char*>(piece.data()), got);
  return all;
}

// `stream` in frames, behind a head of the checksum `head`, which is not part of it.
inline std::string framed(const std::string& stream, std::uint64_t head = 0) {
  ImageFile file;
  FdSink sink(file.fd());
  FrameWriter writer(sink, head);
  writer.write(bytes(stream));
  writer.finish();
  sink.flush();
  return file.content();
}

}  // namespace xend::test
