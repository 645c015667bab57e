// The frames around the libxc stream in our own images, from which pages of zeros are left out: who restores one must
// clear what it does not fill (zero_page_filter.h, left_out_pages.h). After the config: the 8 bytes of kFrameMagic,
// le64 XXH64 of all that stands before them (signature, length, config), then frames of
//
//   le32 type          1: the body is the data as it is; 2: an LZ4 block; 3: the end
//   le32 stored length bytes of body that follow the header
//   le32 raw length    bytes of libxc stream that the body holds; at most kMaxFrame
//   le32 number       of the frame, from 0: one that was left out, doubled or swapped is noticed
//   le64 checksum      XXH64 of the 16 bytes above and the body
//   body
//
// The body of the end frame is le64 number of frames before it, le64 sum of their raw lengths. Nothing follows it that
// belongs to the image: on a connection the conversation goes on there.
//
// XXH64 and not XXH3: as quick as any disk or wire needs (6 GB/s here, XXH3 7), and six times as quick where a CPU's
// wide registers are emulated.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace xend {

inline constexpr std::array<std::byte, 8> kFrameMagic = {std::byte{'X'}, std::byte{'E'}, std::byte{'N'},
                                                         std::byte{'D'}, std::byte{'I'}, std::byte{'M'},
                                                         std::byte{'G'}, std::byte{'3'}};
inline constexpr std::size_t kFrameHeaderBytes = 24;
inline constexpr std::size_t kMaxFrame = 1 << 20;
inline constexpr std::size_t kEndBodyBytes = 16;

enum class FrameType : std::uint32_t { kStored = 1, kLz4 = 2, kEnd = 3 };

struct FrameHeader {
  std::uint32_t type = 0, stored = 0, raw = 0, number = 0;
  std::uint64_t checksum = 0;
};

// The checksum field is ignored by frame_checksum and kept by the other two.
std::array<std::byte, kFrameHeaderBytes> encode(const FrameHeader& header);
FrameHeader decode(std::span<const std::byte, kFrameHeaderBytes> bytes);
std::uint64_t frame_checksum(const FrameHeader& header, std::span<const std::byte> body);

// Of what stands in front of kFrameMagic, from the first byte of the file or the stream.
std::uint64_t head_checksum(std::string_view head);

void put_le64(std::span<std::byte, 8> bytes, std::uint64_t value);
std::uint64_t get_le64(std::span<const std::byte, 8> bytes);

}  // namespace xend
