#include "xend/helpers/frame_writer.h"

#include <lz4.h>

#include <algorithm>

#include "xend/helpers/frame_format.h"

namespace xend {

FrameWriter::FrameWriter(ByteSink& sink)
    : sink_(sink), compressed_(static_cast<std::size_t>(LZ4_compressBound(kMaxFrame))) {
  raw_.reserve(kMaxFrame);
  out_.reserve(kFrameHeaderBytes + kMaxFrame);
  sink_.write(kFrameMagic);
}

void FrameWriter::write(std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const std::size_t part = std::min(bytes.size(), kMaxFrame - raw_.size());
    raw_.insert(raw_.end(), bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(part));
    bytes = bytes.subspan(part);
    if (raw_.size() == kMaxFrame) flush();
  }
}

void FrameWriter::finish() {
  flush();
  std::array<std::byte, kEndBodyBytes> totals{};
  put_le64(std::span(totals).subspan<0, 8>(), frames_);
  put_le64(std::span(totals).subspan<8, 8>(), raw_bytes_);
  write_frame(static_cast<std::uint32_t>(FrameType::kEnd), totals.size(), totals);
}

void FrameWriter::flush() {
  if (raw_.empty()) return;
  const int packed =
      LZ4_compress_default(reinterpret_cast<const char*>(raw_.data()), reinterpret_cast<char*>(compressed_.data()),
                           static_cast<int>(raw_.size()), static_cast<int>(compressed_.size()));
  const auto size = static_cast<std::size_t>(std::max(packed, 0));
  if (size > 0 && size < raw_.size()) {
    write_frame(static_cast<std::uint32_t>(FrameType::kLz4), raw_.size(), std::span(compressed_).first(size));
  } else {
    write_frame(static_cast<std::uint32_t>(FrameType::kStored), raw_.size(), raw_);
  }
  ++frames_;
  raw_bytes_ += raw_.size();
  raw_.clear();
}

// Header and body go out as one piece.
void FrameWriter::write_frame(std::uint32_t type, std::size_t raw, std::span<const std::byte> body) {
  FrameHeader header{
      .type = type, .stored = static_cast<std::uint32_t>(body.size()), .raw = static_cast<std::uint32_t>(raw)};
  header.checksum = frame_checksum(header, body);
  const auto bytes = encode(header);
  out_.assign(bytes.begin(), bytes.end());
  out_.insert(out_.end(), body.begin(), body.end());
  sink_.write(out_);
}

}  // namespace xend
