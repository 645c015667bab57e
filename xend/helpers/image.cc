#include "xend/helpers/image.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "xend/helpers/device_state_record.h"
#include "xend/helpers/failure.h"
#include "xend/helpers/frame_format.h"
#include "xend/helpers/libxc_stream.h"

namespace xend {
namespace {

using Start = std::array<std::byte, 8>;

std::uint32_t le32(const Start& start, std::size_t at) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < 4; ++i) value |= std::to_integer<std::uint32_t>(start[at + i]) << (8 * i);
  return value;
}

// The number of pages, then the upper half of that number, or in an image of a 32-bit dom0 all ones or the head of the
// first chunk (spec protocols 8.1 and 8.3).
bool is_legacy(const Start& start) {
  constexpr std::uint32_t kFewestPages = 256, kMostPages = 1 << 28;  // a MiB, and as many as fit beside their types
  constexpr std::int32_t kLastSpecial = -20, kMostInChunk = 1024;
  const std::uint32_t pages = le32(start, 0);
  const auto second = static_cast<std::int32_t>(le32(start, 4));
  return pages >= kFewestPages && pages <= kMostPages && second >= kLastSpecial && second <= kMostInChunk;
}

std::string mark_text() {
  return std::string(reinterpret_cast<const char*>(kFrameMagic.data()), kFrameMagic.size());
}

// The mark that our images had before pages were left out of them.
bool is_older(const Start& start) {
  return std::equal(start.begin(), start.end() - 1, kFrameMagic.begin()) && start.back() == std::byte{'2'};
}

bool is_libxc(const Start& start) {
  return std::all_of(start.begin(), start.end(), [](std::byte byte) { return byte == std::byte{0xff}; });
}

}  // namespace

std::string_view to_string(ImageFormat format) {
  switch (format) {
    case ImageFormat::kFramed:
      return "framed";
    case ImageFormat::kLibxc:
      return "libxc";
    case ImageFormat::kLegacy:
      break;
  }
  return "legacy";
}

Image::Image(int fd, std::uint64_t head, std::uint64_t start)
    : fd_(fd), source_(fd, start, FileWay::kDirect), frames_(source_), bare_(*this) {
  if (const std::size_t got = source_.fill(start_); got < start_.size()) {
    throw Failure("the image is cut short: it ends at byte " + std::to_string(source_.position()) +
                  ", before the domain's memory");
  }
  if (start_ == kFrameMagic) {
    format_ = ImageFormat::kFramed;
    frames_.check_head(head);
  }
  if (is_libxc(start_)) format_ = ImageFormat::kLibxc;
  if (is_older(start_)) {
    throw Failure("the image at byte " + std::to_string(source_.position() - start_.size()) +
                  " is an XENDIMG2 of an earlier xend; this one restores " + mark_text() +
                  ". The xend that wrote it can restore it");
  }
  if (format_ == ImageFormat::kLegacy && !is_legacy(start_)) {
    throw Failure("the image is damaged, or of a kind that this xend does not know: at byte " +
                  std::to_string(source_.position() - start_.size()) +
                  ", where the domain's memory begins, stands neither " + mark_text() +
                  " nor what any Xen writes there");
  }
}

void Image::convert(const std::string& program, bool pv) {
  if (format_ != ImageFormat::kLegacy) return;
  if (!pv) {
    throw Failure(
        "Xen 4.5 or older wrote this image of an HVM guest: the state of its devices is that of a QEMU which "
        "today's Xen does not have. The guest can be booted from its disks");
  }
  if (program.empty()) {
    throw Failure(
        "Xen 4.5 or older wrote this image: it must be converted by Xen's convert-legacy-stream, which is not "
        "installed. Debian's package xen-utils-4.17 has it");
  }
  const bool of_32_bits = le32(start_, 4) != 0;
  conversion_.emplace(program, LegacyImage{.fd = fd_,
                                           .start = std::vector<std::byte>(start_.begin(), start_.end()),
                                           .width = of_32_bits ? 32U : 64U});
}

ByteSource& Image::stream() {
  if (conversion_) return *conversion_;
  if (format_ == ImageFormat::kFramed) return frames_;
  if (format_ == ImageFormat::kLibxc) return bare_;
  throw Failure("Xen 4.5 or older wrote this image: its parts are known to Xen's convert-legacy-stream alone");
}

ByteSource& Image::rest() {
  if (format_ == ImageFormat::kFramed) return frames_;
  return source_;
}

void Image::finish() {
  if (format_ == ImageFormat::kFramed) frames_.finish();
  if (conversion_) conversion_->finish();
}

void Image::check() {
  walk_libxc_stream(stream());
  // Only frames say where an image ends: behind a bare one there may be anything.
  if (format_ == ImageFormat::kFramed) read_device_state(rest(), nullptr);
  finish();
}

std::size_t Image::Bare::read(std::span<std::byte> bytes) {
  if (const std::size_t left = image_.start_.size() - used_; left > 0) {
    const std::size_t part = std::min(left, bytes.size());
    std::copy_n(image_.start_.begin() + static_cast<std::ptrdiff_t>(used_), part, bytes.begin());
    used_ += part;
    return part;
  }
  const std::size_t got = image_.source_.read(bytes);
  if (got == 0) throw Failure("the image is cut short: it ends at byte " + std::to_string(image_.source_.position()));
  return got;
}

}  // namespace xend
