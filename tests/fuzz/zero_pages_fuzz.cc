// Streams from anywhere on their way into libxenguest: LeftOutPages refuses them or gives a stream that it takes
// itself; and what ZeroPageFilter makes of a stream is as good as the stream.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include "xend/helpers/failure.h"
#include "xend/helpers/left_out_pages.h"
#include "xend/helpers/zero_page_filter.h"

namespace {

using xend::LeftOutPages;

struct Text final : xend::ByteSink, xend::ByteSource {
  explicit Text(std::string content = "") : text(std::move(content)) {}
  void write(std::span<const std::byte> piece) override {
    text.append(reinterpret_cast<const char*>(piece.data()), piece.size());
  }
  std::size_t read(std::span<std::byte> piece) override {
    const std::size_t part = std::min(piece.size(), text.size() - used);
    std::copy_n(reinterpret_cast<const std::byte*>(text.data()) + used, part, piece.begin());
    used += part;
    return part;
  }
  std::string text;
  std::size_t used = 0;
};

std::optional<std::string> read_through(const std::string& stream, LeftOutPages::Zeros zeros) try {
  Text source(stream), seen;
  LeftOutPages pages(source, zeros);
  std::array<std::byte, 1000> piece{};
  // What a small record of many pages without data becomes may be large.
  while (const std::size_t got = pages.read(piece)) {
    seen.write(std::span(piece).first(got));
    if (seen.text.size() > (16U << 20)) return std::nullopt;
  }
  pages.frames();
  return seen.text;
} catch (const xend::Failure&) {
  return std::nullopt;
}

std::optional<std::string> filtered(const std::string& stream) try {
  Text out;
  xend::ZeroPageFilter filter(out);
  filter.write(std::as_bytes(std::span(stream)));
  return out.text;
} catch (const xend::Failure&) {
  return std::nullopt;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string stream(reinterpret_cast<const char*>(data), size);
  if (const auto seen = read_through(stream, LeftOutPages::Zeros::kAreMemory); seen && *seen != stream) std::abort();
  const auto whole = read_through(stream, LeftOutPages::Zeros::kAreData);
  if (!whole) return 0;
  if (read_through(*whole, LeftOutPages::Zeros::kAreData) != whole) std::abort();
  // Of a stream that is cut short the filter keeps back the last record.
  if (const auto shorter = filtered(stream)) read_through(*shorter, LeftOutPages::Zeros::kAreMemory);
  return 0;
}
