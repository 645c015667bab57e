#include "xend/domain/memory_need.h"

#include <algorithm>

#include "xend/domain/device_model.h"

namespace xend {

namespace {

constexpr std::uint64_t kSpecialPages = 1024;  // KiB

}  // namespace

xc::KiB shadow_need(const DomainConfig& config) {
  if (config.type == xc::GuestType::kPv) return {0};
  const auto kib =
      std::max<std::uint64_t>(4 * (256 * config.vcpus + 2 * config.maxmem.value), config.shadow_memory.value * 1024);
  return {(kib + 1023) / 1024 * 1024};
}

xc::KiB memory_need(const DomainConfig& config) {
  return {memory_limit(config, config.memory).value + shadow_need(config).value};
}

xc::KiB memory_limit(const DomainConfig& config, xc::MiB maximum) {
  return {xc::KiB(maximum).value + xc::KiB(video_memory(config)).value + kSpecialPages};
}

}  // namespace xend
