// rtc_timeoffset and localtime of a guest's configuration.
#include "xend/domain/clock.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <ctime>

#include "sxp/parser.h"

namespace xend {
namespace {

long offset_of(const std::string& keys) {
  return clock_offset(
             DomainConfig::parse(sxp::parse_one("(vm (memory 8) (image (hvm (kernel k) (boot c) " + keys + ")))")))
      .count();
}

TEST(Clock, IsUtcAndWhatTheFileAdds) {
  EXPECT_EQ(offset_of(""), 0);
  EXPECT_EQ(offset_of("(rtc_timeoffset 3600)"), 3600);
  EXPECT_EQ(offset_of("(rtc_timeoffset -7200)"), -7200);
  EXPECT_EQ(offset_of("(rtc_timeoffset '')"), 0);
  EXPECT_EQ(offset_of("(rtc_timeoffset 99999999999)"), 0);
}

TEST(Clock, LocalTimeIsThatOfTheHost) {
  const char* before = std::getenv("TZ");
  const std::string zone = before != nullptr ? before : "";
  ::setenv("TZ", "XXX-2", 1);
  ::tzset();
  EXPECT_EQ(offset_of("(localtime 1)"), 7200);
  EXPECT_EQ(offset_of("(localtime 1) (rtc_timeoffset 60)"), 7260);
  EXPECT_EQ(offset_of("(localtime 0)"), 0);
  before != nullptr ? ::setenv("TZ", zone.c_str(), 1) : ::unsetenv("TZ");
  ::tzset();
}

}  // namespace
}  // namespace xend
