// An image of Xen 4.5 or older, put together by hand (spec protocols 8.1): a PV guest with one vcpu, whose pages have
// their own numbers in them.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>

namespace xend::test {

template <typename Number>
std::string le(Number value) {
  return std::string(reinterpret_cast<const char*>(&value), sizeof value);
}

// As the dom0's `unsigned long`.
template <typename Ulong>
std::string legacy_stream(std::uint32_t pages = 600) {
  constexpr std::uint32_t kVcpuBytes = sizeof(Ulong) == 8 ? 0x1430 : 0xaf0, kXsaveBytes = 576, kBatch = 512;
  const auto ulong_of = [](std::uint64_t value) { return le(static_cast<Ulong>(value)); };
  const std::string vcpu(kVcpuBytes, 'v');
  const std::string info = "vcpu" + le(kVcpuBytes) + vcpu + "extv" + le(0U) + "xcnt" + le(4U) + le(kXsaveBytes + 16);
  std::string stream = ulong_of(pages) + ulong_of(~0ULL) + le(static_cast<std::uint32_t>(info.size())) + info;
  constexpr std::uint32_t kPerFrame = 4096 / sizeof(Ulong);
  for (std::uint32_t frame = 0; frame < (pages - 1) / kPerFrame + 1; ++frame) stream += ulong_of(1000 + frame);
  stream += le(-2) + le(0) + le(std::uint64_t{1});                             // vcpus: the last one, those online
  stream += le(-7) + le(0U) + le(std::uint64_t{0}) + le(1'000'000U) + le(0U);  // time stamp counter
  for (std::uint32_t first = 0; first < pages; first += kBatch) {
    const std::uint32_t count = std::min(kBatch, pages - first);
    stream += le(static_cast<std::int32_t>(count));
    for (std::uint32_t page = first; page < first + count; ++page) stream += ulong_of(page);
    for (std::uint32_t page = first; page < first + count; ++page) stream += le(page) + std::string(4092, 'p');
  }
  stream += le(0) + le(0U);  // end of memory, no unmapped pages
  stream += vcpu + std::string(128, 'e') + le(std::uint64_t{7}) + le(std::uint64_t{kXsaveBytes});
  return stream + std::string(kXsaveBytes, 'x') + std::string(4096, 's');  // the last: shared info
}

}  // namespace xend::test
