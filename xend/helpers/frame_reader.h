// Takes the libxc stream out of its frames (frame_format.h). Strict: every header, checksum and total is checked, sizes
// before anything is allocated for them, and not one byte behind the end frame is read.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "xend/helpers/byte_stream.h"
#include "xend/helpers/failure.h"
#include "xend/helpers/fd_stream.h"

namespace xend {

class FrameReader final : public ByteSource {
 public:
  // `source` stands behind the magic, which the caller has recognised, and must outlive the reader.
  explicit FrameReader(FdSource& source);

  // To be called first: reads the checksum of what stands in front of the magic. Throws Failure when that is not
  // `head`.
  void check_head(std::uint64_t head);

  // Throws Failure naming the frame, its offset and what is wrong with it: cut short, checksum, unknown frame, totals.
  std::size_t read(std::span<std::byte> bytes) override;

  // Reads to the end frame. Throws Failure also when there is data that nobody has read: the stream inside ended
  // before.
  void finish();

  // Reads and checks all that is left, without use for the data.
  void skip_to_end();

  // Of those read so far: how many, and how much of the stream inside they hold.
  std::uint64_t frames() const { return frames_; }
  std::uint64_t raw_bytes() const { return raw_bytes_; }

 private:
  void next_frame();
  void read_end(std::span<const std::byte> body);
  std::span<const std::byte> stored_bytes(std::size_t length);
  void unpack(std::span<const std::byte> body, std::size_t raw);
  Failure damaged(const std::string& what) const;
  Failure cut_short(std::size_t wanted, std::size_t got) const;

  FdSource& source_;
  // Of kMaxFrame bytes each. Not vectors, which are filled with zeros as they grow: once more as much as is read.
  std::unique_ptr<std::byte[]> body_, unpacked_;
  std::span<const std::byte> data_;  // of this frame, what nobody has read yet
  std::uint64_t frames_ = 0, raw_bytes_ = 0;
  std::uint64_t frame_position_ = 0;
  bool ended_ = false;
};

}  // namespace xend
