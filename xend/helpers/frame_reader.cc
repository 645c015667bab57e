#include "xend/helpers/frame_reader.h"

#include <lz4.h>

#include <algorithm>
#include <cstdio>

#include "xend/helpers/frame_format.h"

namespace xend {
namespace {

std::string hex(std::uint64_t value) {
  std::array<char, 17> text{};
  std::snprintf(text.data(), text.size(), "%016llx", static_cast<unsigned long long>(value));
  return text.data();
}

}  // namespace

FrameReader::FrameReader(FdSource& source)
    : source_(source),
      body_(std::make_unique_for_overwrite<std::byte[]>(kMaxFrame)),
      unpacked_(std::make_unique_for_overwrite<std::byte[]>(kMaxFrame)) {}

void FrameReader::check_head(std::uint64_t head) {
  frame_position_ = source_.position();
  std::array<std::byte, 8> checksum{};
  if (const std::size_t got = source_.fill(checksum); got < checksum.size()) {
    throw Failure("the image is cut short: it ends at byte " + std::to_string(source_.position()) +
                  ", before the domain's memory");
  }
  if (const std::uint64_t written = get_le64(checksum); written != head) {
    throw Failure("the image is damaged: the domain's configuration at its start was written with the checksum " +
                  hex(written) + " (at byte " + std::to_string(frame_position_) + ") and has " + hex(head));
  }
}

std::size_t FrameReader::read(std::span<std::byte> bytes) {
  while (data_.empty()) {
    if (ended_) return 0;
    next_frame();
  }
  const auto part = data_.first(std::min(bytes.size(), data_.size()));
  std::copy(part.begin(), part.end(), bytes.begin());
  data_ = data_.subspan(part.size());
  return part.size();
}

void FrameReader::finish() {
  std::byte extra{};
  if (read(std::span(&extra, 1)) != 0)
    throw damaged("there is more data than the domain's memory image, which has ended before");
}

void FrameReader::skip_to_end() {
  while (!ended_) next_frame();
}

void FrameReader::next_frame() {
  data_ = {};
  frame_position_ = source_.position();
  std::array<std::byte, kFrameHeaderBytes> raw_header{};
  if (const std::size_t got = source_.fill(raw_header); got < raw_header.size())
    throw cut_short(raw_header.size(), got);
  const FrameHeader header = decode(raw_header);
  for (const std::uint32_t length : {header.stored, header.raw}) {
    if (length == 0 || length > kMaxFrame)
      throw damaged("it claims " + std::to_string(length) + " bytes, 1 to " + std::to_string(kMaxFrame) +
                    " are possible");
  }
  const auto body = stored_bytes(header.stored);
  if (const std::uint64_t sum = frame_checksum(header, body); sum != header.checksum)
    throw damaged("its checksum is " + hex(header.checksum) + " and its data give " + hex(sum));

  // From here on it is what its writer wrote.
  if (header.number != static_cast<std::uint32_t>(frames_))
    throw damaged("it was written as frame " + std::to_string(header.number));
  switch (static_cast<FrameType>(header.type)) {
    case FrameType::kStored:
      if (body.size() != header.raw) throw damaged("its two lengths differ");
      data_ = body;
      break;
    case FrameType::kLz4:
      unpack(body, header.raw);
      break;
    case FrameType::kEnd:
      read_end(body);
      return;
    default:
      throw damaged("frames of type " + std::to_string(header.type) + " are unknown: a newer xend wrote it");
  }
  ++frames_;
  raw_bytes_ += data_.size();
}

// Good until the source is read again.
std::span<const std::byte> FrameReader::stored_bytes(std::size_t length) {
  if (const auto there = source_.take(length); !there.empty()) return there;
  const std::span body(body_.get(), length);
  if (const std::size_t got = source_.fill(body); got < length) throw cut_short(length, got);
  return body;
}

void FrameReader::unpack(std::span<const std::byte> body, std::size_t raw) {
  const int got =
      LZ4_decompress_safe(reinterpret_cast<const char*>(body.data()), reinterpret_cast<char*>(unpacked_.get()),
                          static_cast<int>(body.size()), static_cast<int>(raw));
  if (got != static_cast<int>(raw)) throw damaged("it cannot be decompressed");
  data_ = {unpacked_.get(), raw};
}

void FrameReader::read_end(std::span<const std::byte> body) {
  if (body.size() != kEndBodyBytes) throw damaged("the end frame has " + std::to_string(body.size()) + " bytes");
  const std::uint64_t frames = get_le64(body.first<8>()), raw = get_le64(body.subspan<8, 8>());
  if (frames != frames_ || raw != raw_bytes_) {
    throw damaged("the image was written with " + std::to_string(frames) + " frames of " + std::to_string(raw) +
                  " bytes, and has " + std::to_string(frames_) + " of " + std::to_string(raw_bytes_));
  }
  ended_ = true;
}

Failure FrameReader::damaged(const std::string& what) const {
  return Failure("the image is damaged: frame " + std::to_string(frames_) + " at byte " +
                 std::to_string(frame_position_) + ": " + what);
}

Failure FrameReader::cut_short(std::size_t wanted, std::size_t got) const {
  return Failure("the image is cut short: it ends at byte " + std::to_string(source_.position()) + ", in frame " +
                 std::to_string(frames_) + " that starts at byte " + std::to_string(frame_position_) + ": " +
                 std::to_string(got) + " of " + std::to_string(wanted) + " bytes are there");
}

}  // namespace xend
