// An image as a reader meets it: which of the known kinds it is, found out from its first bytes, and its libxc stream.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "xend/helpers/byte_stream.h"
#include "xend/helpers/fd_stream.h"
#include "xend/helpers/frame_reader.h"
#include "xend/helpers/legacy_conversion.h"

namespace xend {

enum class ImageFormat {
  kFramed,  // our own
  kLibxc,   // the bare stream of Xen 4.6 and later
  kLegacy,  // what Xen up to 4.5 wrote; it has no mark of its own and is known by its first numbers
};

std::string_view to_string(ImageFormat format);  // "framed", "libxc", "legacy"

class Image {
 public:
  // Reads from `fd`, which stays the caller's, what tells the kinds apart. `head`: the head_checksum of what stands in
  // front of the image, which ours know. Throws Failure when it is of no kind, or ours was written behind another
  // head. `start`: as for FdSource.
  Image(int fd, std::uint64_t head, std::uint64_t start = 0);
  Image(const Image&) = delete;
  Image& operator=(const Image&) = delete;

  ImageFormat format() const { return format_; }
  // To be called before stream(): has a legacy image put into today's form by `program`, Xen's convert-legacy-stream;
  // does nothing for others. Throws Failure when `program` is empty, because this host has none, and for HVM guests:
  // `pv` is false.
  void convert(const std::string& program, bool pv);
  // The libxc stream, from its first byte. Throws Failure for a legacy image that is not being converted.
  ByteSource& stream();
  // What is left when the libxc stream has been read to its end; says 0 at the end of the image.
  ByteSource& rest();
  // To be called when all of the stream has been read: leaves the descriptor right behind the image. Throws Failure
  // when it does not end there.
  void finish();
  // Reads all of it, checking what can be checked without a domain.
  void check();

  std::uint64_t bytes_read() const { return source_.bytes_read() + (conversion_ ? conversion_->bytes_taken() : 0); }
  const FrameReader& frames() const { return frames_; }  // of our own images

 private:
  // The bare stream: the bytes read to recognise it, then the rest. Nobody reads beyond its end, so an end is a cut.
  class Bare final : public ByteSource {
   public:
    explicit Bare(Image& image) : image_(image) {}
    std::size_t read(std::span<std::byte> bytes) override;

   private:
    Image& image_;
    std::size_t used_ = 0;
  };

  int fd_;
  FdSource source_;
  std::array<std::byte, 8> start_{};
  ImageFormat format_ = ImageFormat::kLegacy;
  FrameReader frames_;
  Bare bare_;
  std::optional<LegacyConversion> conversion_;
};

}  // namespace xend
