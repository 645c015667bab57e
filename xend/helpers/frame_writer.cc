#include "xend/helpers/frame_writer.h"

#include <lz4.h>

#include <algorithm>

namespace xend {

FrameWriter::FrameWriter(ByteSink& sink, std::uint64_t head)
    : sink_(sink), packed_(static_cast<std::size_t>(LZ4_compressBound(kMaxFrame))) {
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
  std::array<std::byte, kEndBodyBytes> totals{};
  put_le64(std::span(totals).subspan<0, 8>(), frames_);
  put_le64(std::span(totals).subspan<8, 8>(), raw_bytes_);
  send(FrameType::kEnd, kEndBodyBytes, totals);
}

void FrameWriter::flush() {
  if (raw_.empty()) return;
  const int packed =
      LZ4_compress_default(reinterpret_cast<const char*>(raw_.data()), reinterpret_cast<char*>(packed_.data()),
                           static_cast<int>(raw_.size()), static_cast<int>(packed_.size()));
  const auto size = static_cast<std::size_t>(std::max(packed, 0));
  if (size > 0 && size < raw_.size()) {
    send(FrameType::kLz4, raw_.size(), std::span(packed_).first(size));
  } else {
    send(FrameType::kStored, raw_.size(), raw_);
  }
  ++frames_;
  raw_bytes_ += raw_.size();
  raw_.clear();
}

void FrameWriter::send(FrameType type, std::size_t raw, std::span<const std::byte> body) {
  FrameHeader header{.type = static_cast<std::uint32_t>(type),
                     .stored = static_cast<std::uint32_t>(body.size()),
                     .raw = static_cast<std::uint32_t>(raw),
                     .number = static_cast<std::uint32_t>(frames_)};
  header.checksum = frame_checksum(header, body);
  sink_.write(encode(header));
  sink_.write(body);
}

}  // namespace xend
