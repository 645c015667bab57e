#include "xend/domain/clock.h"

#include <cstdint>
#include <ctime>
#include <limits>

namespace xend {

std::chrono::seconds clock_offset(const DomainConfig& config) {
  std::int64_t offset = config.image.platform_number("rtc_timeoffset", 0);
  if (config.image.platform_number("localtime", 0) != 0) {
    const std::time_t now = std::time(nullptr);
    std::tm local{};
    if (::localtime_r(&now, &local) != nullptr) offset += local.tm_gmtoff;
  }
  using Limits = std::numeric_limits<std::int32_t>;
  return std::chrono::seconds(offset < Limits::min() || offset > Limits::max() ? 0 : offset);
}

}  // namespace xend
