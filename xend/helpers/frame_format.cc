#include "xend/helpers/frame_format.h"

#include <xxhash.h>

#include <memory>
#include <new>

namespace xend {
namespace {

constexpr XXH64_hash_t kSeed = 0;

void put_le32(std::span<std::byte, 4> bytes, std::uint32_t value) {
  for (unsigned i = 0; i < 4; ++i) bytes[i] = static_cast<std::byte>(value >> (8 * i));
}

std::uint32_t get_le32(std::span<const std::byte, 4> bytes) {
  std::uint32_t value = 0;
  for (unsigned i = 0; i < 4; ++i) value |= std::to_integer<std::uint32_t>(bytes[i]) << (8 * i);
  return value;
}

struct FreeState {
  void operator()(XXH64_state_t* state) const { XXH64_freeState(state); }
};

}  // namespace

void put_le64(std::span<std::byte, 8> bytes, std::uint64_t value) {
  for (unsigned i = 0; i < 8; ++i) bytes[i] = static_cast<std::byte>(value >> (8 * i));
}

std::uint64_t get_le64(std::span<const std::byte, 8> bytes) {
  std::uint64_t value = 0;
  for (unsigned i = 0; i < 8; ++i) value |= std::to_integer<std::uint64_t>(bytes[i]) << (8 * i);
  return value;
}

std::array<std::byte, kFrameHeaderBytes> encode(const FrameHeader& header) {
  std::array<std::byte, kFrameHeaderBytes> bytes{};
  const std::span<std::byte, kFrameHeaderBytes> all(bytes);
  put_le32(all.subspan<0, 4>(), header.type);
  put_le32(all.subspan<4, 4>(), header.stored);
  put_le32(all.subspan<8, 4>(), header.raw);
  put_le32(all.subspan<12, 4>(), header.number);
  put_le64(all.subspan<16, 8>(), header.checksum);
  return bytes;
}

FrameHeader decode(std::span<const std::byte, kFrameHeaderBytes> bytes) {
  return {.type = get_le32(bytes.subspan<0, 4>()),
          .stored = get_le32(bytes.subspan<4, 4>()),
          .raw = get_le32(bytes.subspan<8, 4>()),
          .number = get_le32(bytes.subspan<12, 4>()),
          .checksum = get_le64(bytes.subspan<16, 8>())};
}

std::uint64_t frame_checksum(const FrameHeader& header, std::span<const std::byte> body) {
  const std::unique_ptr<XXH64_state_t, FreeState> state(XXH64_createState());
  if (!state) throw std::bad_alloc();
  const auto bytes = encode(header);
  XXH64_reset(state.get(), kSeed);
  XXH64_update(state.get(), bytes.data(), 16);
  XXH64_update(state.get(), body.data(), body.size());
  return XXH64_digest(state.get());
}

std::uint64_t head_checksum(std::string_view head) {
  return XXH64(head.data(), head.size(), kSeed);
}

}  // namespace xend
