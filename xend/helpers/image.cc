#include "xend/helpers/image.h"

#include <algorithm>
#include <vector>

#include "xend/helpers/device_state_record.h"
#include "xend/helpers/failure.h"
#include "xend/helpers/frame_format.h"
#include "xend/helpers/libxc_stream.h"

namespace xend {

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

Image::Image(int fd) : source_(fd), frames_(source_), bare_(*this) {
  if (const std::size_t got = source_.fill(start_); got < start_.size()) {
    throw Failure("the image is cut short: it ends at byte " + std::to_string(source_.position()) +
                  ", before the domain's memory");
  }
  if (start_ == kFrameMagic) format_ = ImageFormat::kFramed;
  if (std::all_of(start_.begin(), start_.end(), [](std::byte byte) { return byte == std::byte{0xff}; }))
    format_ = ImageFormat::kLibxc;
}

ByteSource& Image::stream() {
  if (format_ == ImageFormat::kFramed) return frames_;
  if (format_ == ImageFormat::kLibxc) return bare_;
  throw Failure(
      "this is no image of Xen 4.6 or later: if Xen 4.5 or older wrote it, convert it with Xen's convert-legacy-stream "
      "first");
}

ByteSource& Image::rest() {
  if (format_ == ImageFormat::kFramed) return frames_;
  return source_;
}

void Image::finish() {
  if (format_ == ImageFormat::kFramed) frames_.finish();
}

void Image::check() {
  if (format_ == ImageFormat::kLegacy) {  // nothing in it can be checked
    std::vector<std::byte> discarded(1 << 20);
    while (source_.read(discarded) != 0) continue;
    return;
  }
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
