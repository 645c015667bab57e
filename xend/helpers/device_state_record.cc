#include "xend/helpers/device_state_record.h"

#include <array>
#include <cstring>
#include <string_view>
#include <vector>

#include "xend/helpers/failure.h"
#include "xend/helpers/fd_stream.h"

namespace xend {
namespace {

constexpr std::string_view kMark = "QemuDeviceModelRecord";
constexpr std::uint64_t kLargest = 256 << 20;  // QEMU writes some hundred KiB, and the graphics card's memory

std::size_t fill(ByteSource& source, std::span<std::byte> bytes) {
  std::size_t got = 0;
  while (got < bytes.size()) {
    const std::size_t part = source.read(bytes.subspan(got));
    if (part == 0) break;
    got += part;
  }
  return got;
}

}  // namespace

void write_device_state(ByteSink& image, int state) {
  image.write(std::as_bytes(std::span(kMark)));
  FdSource source(state);
  std::vector<std::byte> piece(1 << 20);
  std::uint64_t length = 0;
  for (std::size_t got = source.read(piece); got != 0; got = source.read(piece)) {
    length += got;
    if (length > kLargest) throw Failure("the device model has written a state of more than 256 MiB");
    image.write(std::span(piece).first(got));
  }
}

std::uint64_t read_device_state(ByteSource& image, ByteSink* state) {
  std::array<std::byte, kMark.size()> mark{};
  const std::size_t got = fill(image, mark);
  if (got == 0) return 0;
  if (got < mark.size() || std::memcmp(mark.data(), kMark.data(), mark.size()) != 0)
    throw Failure("the image has something behind the domain's memory that is not the state of a device model");
  std::uint64_t length = 0;
  std::vector<std::byte> piece(1 << 20);
  for (std::size_t part = image.read(piece); part != 0; part = image.read(piece)) {
    length += part;
    if (length > kLargest) throw Failure("the state of the device model in the image is longer than 256 MiB");
    if (state != nullptr) state->write(std::span(piece).first(part));
  }
  return length;
}

}  // namespace xend
