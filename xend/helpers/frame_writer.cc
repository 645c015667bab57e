#include "xend/helpers/frame_writer.h"

#include <lz4.h>

#include <algorithm>

namespace xend {

FrameWriter::FrameWriter(ByteSink& sink, std::uint64_t head)
    : sink_(sink), out_(kFrameHeaderBytes + static_cast<std::size_t>(LZ4_compressBound(kMaxFrame))) {
  raw_.reserve(kMaxFrame);
  sink_.write(kFrameMagic);
  std::array<std::byte, 8> checksum{};
  put_le64(checksum, head);
  sink_.write(checksum);
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
  put_le64(body().subspan<0, 8>(), frames_);
  put_le64(body().subspan<8, 8>(), raw_bytes_);
  send(FrameType::kEnd, kEndBodyBytes, kEndBodyBytes);
}

void FrameWriter::flush() {
  if (raw_.empty()) return;
  const int packed =
      LZ4_compress_default(reinterpret_cast<const char*>(raw_.data()), reinterpret_cast<char*>(body().data()),
                           static_cast<int>(raw_.size()), static_cast<int>(body().size()));
  const auto size = static_cast<std::size_t>(std::max(packed, 0));
  if (size > 0 && size < raw_.size()) {
    send(FrameType::kLz4, raw_.size(), size);
  } else {
    std::copy(raw_.begin(), raw_.end(), body().begin());
    send(FrameType::kStored, raw_.size(), raw_.size());
  }
  ++frames_;
  raw_bytes_ += raw_.size();
  raw_.clear();
}

// Header and body, of which the first `stored` bytes count, go out as one piece.
void FrameWriter::send(FrameType type, std::size_t raw, std::size_t stored) {
  FrameHeader header{.type = static_cast<std::uint32_t>(type),
                     .stored = static_cast<std::uint32_t>(stored),
                     .raw = static_cast<std::uint32_t>(raw),
                     .number = static_cast<std::uint32_t>(frames_)};
  header.checksum = frame_checksum(header, body().first(stored));
  const auto bytes = encode(header);
  std::copy(bytes.begin(), bytes.end(), out_.begin());
  sink_.write(std::span(out_).first(kFrameHeaderBytes + stored));
}

}  // namespace xend
