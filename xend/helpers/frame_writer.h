// Wraps the libxc stream into frames (frame_format.h): checksummed, compressed with LZ4 where that makes them smaller.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "xend/helpers/byte_stream.h"
#include "xend/helpers/frame_format.h"

namespace xend {

class FrameWriter final : public ByteSink {
 public:
  // Writes the magic and `head`, the head_checksum of what stands in front of it. `sink` must outlive the writer.
  FrameWriter(ByteSink& sink, std::uint64_t head);

  void write(std::span<const std::byte> bytes) override;
  // The last frame and the end frame. Without it the image is cut short, and every reader says so.
  void finish();

  std::uint64_t raw_bytes() const { return raw_bytes_; }

 private:
  void flush();
  void send(FrameType type, std::size_t raw, std::span<const std::byte> body);

  ByteSink& sink_;
  std::vector<std::byte> raw_;     // what the next frame will hold
  std::vector<std::byte> packed_;  // with room for the worst that LZ4 can do
  std::uint64_t frames_ = 0, raw_bytes_ = 0;
};

}  // namespace xend
