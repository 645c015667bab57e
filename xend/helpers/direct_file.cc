#include "xend/helpers/direct_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <new>
#include <string>

#include "xend/helpers/failure.h"

namespace xend {
namespace {

constexpr std::size_t kBlock = AlignedBuffer::kBlock;

// The same file with a description of its own; -1 when that, or O_DIRECT, is not to be had.
int open_again(int fd, int access) {
  return ::open(("/proc/self/fd/" + std::to_string(fd)).c_str(), access | O_DIRECT | O_CLOEXEC);
}

std::uint64_t offset_of(int fd) {
  return static_cast<std::uint64_t>(::lseek(fd, 0, SEEK_CUR));
}

// Looks in the middle: the daemon has read the beginning.
bool is_cached(int fd) {
  struct stat status {};
  if (::fstat(fd, &status) != 0) return false;
  std::byte byte{};
  const iovec piece{&byte, 1};
  return ::preadv2(fd, &piece, 1, status.st_size / 2, RWF_NOWAIT) == 1;
}

}  // namespace

AlignedBuffer::AlignedBuffer() : memory_(std::aligned_alloc(kBlock, kSize)) {
  if (!memory_) throw std::bad_alloc();
}

DirectWriter::DirectWriter(int fd)
    : fd_(fd), direct_(open_again(fd, O_WRONLY)), start_(offset_of(fd)), offset_(start_) {}

void DirectWriter::write(std::span<const std::byte> bytes) {
  // What stands in front, the configuration, ends anywhere.
  if (const std::size_t beyond = offset_ % kBlock; filled_ == 0 && beyond != 0) {
    const auto first = bytes.first(std::min(bytes.size(), kBlock - beyond));
    put_ordinarily(first, offset_);
    offset_ += first.size();
    bytes = bytes.subspan(first.size());
  }
  while (!bytes.empty()) {
    const auto part = bytes.first(std::min(bytes.size(), AlignedBuffer::kSize - filled_));
    std::copy(part.begin(), part.end(), buffers_[current_].bytes().begin() + static_cast<std::ptrdiff_t>(filled_));
    filled_ += part.size();
    bytes = bytes.subspan(part.size());
    if (filled_ == AlignedBuffer::kSize) begin_to_put(filled_);
  }
}

void DirectWriter::finish() {
  wait();
  const std::uint64_t end = offset_ + filled_;
  const std::size_t length = direct_.get() < 0 ? filled_ : (filled_ + kBlock - 1) / kBlock * kBlock;
  const auto last = buffers_[current_].bytes().first(length);
  std::fill(last.begin() + static_cast<std::ptrdiff_t>(filled_), last.end(), std::byte{0});
  put(last, offset_);
  filled_ = 0;
  offset_ = end;
  if (::ftruncate(fd_, static_cast<off_t>(end)) != 0)
    throw system_failure("the image's file cannot be shortened", errno);
  ::lseek(fd_, static_cast<off_t>(end), SEEK_SET);
}

// The first `length` bytes of the current buffer go to the file.
void DirectWriter::begin_to_put(std::size_t length) {
  wait();
  const auto bytes = buffers_[current_].bytes().first(length);
  background_ = std::async(std::launch::async, [this, bytes, offset = offset_] { put(bytes, offset); });
  offset_ += length;
  current_ = 1 - current_;
  filled_ = 0;
}

void DirectWriter::wait() {
  if (background_.valid()) background_.get();
}

void DirectWriter::put(std::span<const std::byte> bytes, std::uint64_t offset) {
  // Whatever is wrong is asked again in the ordinary way: it says what, or goes on where blocks are not to its liking.
  while (direct_.get() >= 0 && !bytes.empty() && offset % kBlock == 0) {
    const ssize_t sent = ::pwrite(direct_.get(), bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (sent < 0 && errno == EINVAL) direct_ = Descriptor(-1);
    if (sent <= 0) break;
    offset += static_cast<std::uint64_t>(sent);
    bytes = bytes.subspan(static_cast<std::size_t>(sent));
  }
  put_ordinarily(bytes, offset);
}

void DirectWriter::put_ordinarily(std::span<const std::byte> bytes, std::uint64_t offset) const {
  while (!bytes.empty()) {
    const ssize_t sent = ::pwrite(fd_, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0)
      throw system_failure("the image could not be written after " + std::to_string(offset - start_) + " bytes", errno);
    offset += static_cast<std::uint64_t>(sent);
    bytes = bytes.subspan(static_cast<std::size_t>(sent));
  }
}

DirectReader::DirectReader(int fd)
    : fd_(fd), direct_(is_cached(fd) ? -1 : open_again(fd, O_RDONLY)), offset_(offset_of(fd)) {}

ssize_t DirectReader::read(std::span<std::byte> bytes) {
  if (ahead().empty()) {
    const ssize_t got = turn_to(offset_ / kBlock * kBlock);
    if (got < 0) return got;
  }
  const auto part = ahead().first(std::min(bytes.size(), ahead().size()));
  std::copy(part.begin(), part.end(), bytes.begin());
  advance(part.size());
  return static_cast<ssize_t>(part.size());
}

std::span<const std::byte> DirectReader::take(std::size_t length) {
  if (ahead().size() < length) return {};
  const auto taken = ahead().first(length);
  advance(length);
  return taken;
}

std::span<const std::byte> DirectReader::ahead() const {
  if (offset_ < buffered_at_ || offset_ >= buffered_at_ + filled_) return {};
  return buffers_[current_].bytes().first(filled_).subspan(offset_ - buffered_at_);
}

void DirectReader::advance(std::size_t bytes) {
  offset_ += bytes;
  ::lseek(fd_, static_cast<off_t>(offset_), SEEK_SET);
}

ssize_t DirectReader::turn_to(std::uint64_t block) {
  if (background_.valid() && coming_at_ != block) background_.get();
  if (!background_.valid()) begin_to_get(block);
  const Got got = background_.get();
  current_ = 1 - current_;
  buffered_at_ = block;
  filled_ = got.bytes < 0 ? 0 : static_cast<std::size_t>(got.bytes);
  if (filled_ == AlignedBuffer::kSize) begin_to_get(block + filled_);
  errno = got.error;
  return got.bytes;
}

// Into the buffer that is not in use.
void DirectReader::begin_to_get(std::uint64_t block) {
  coming_at_ = block;
  background_ = std::async(std::launch::async, [fd = direct_.get(), buffer = buffers_[1 - current_].bytes(), block] {
    const ssize_t bytes = ::pread(fd, buffer.data(), buffer.size(), static_cast<off_t>(block));
    return Got{bytes, errno};
  });
}

}  // namespace xend
