// Rates of network interfaces: spec domain-lifecycle 9.2.
#include "xend/devices/vif_rate.h"

#include <gtest/gtest.h>

#include <map>

namespace xend {
namespace {

TEST(VifRate, BytesPerInterval) {
  const std::map<std::string, std::string> expected = {
      {"10Mb/s", "62500,50000"},         {"10Mb/s@50ms", "62500,50000"}, {"10MB/s@20ms", "200000,20000"},
      {"1Gb/s@1s", "125000000,1000000"}, {"250KB/s", "12500,50000"},     {"1000b/s@2s", "250,2000000"},
      {"8000B/s@500us", "4,500"},        {"1GB/s", "50000000,50000"},    {"62500,50000", "62500,50000"},
      {"4294967295,0", "4294967295,0"},
  };
  for (const auto& [text, rate] : expected) EXPECT_EQ(parse_rate(text), rate) << text;
}

TEST(VifRate, NonsenseAndOverflowAreUnlimited) {
  for (const char* text : {"",
                           "fast",
                           "10",
                           "10Mb",
                           "10mb/s",
                           "10 Mb/s",
                           "Mb/s",
                           "10Tb/s",
                           "-1b/s",
                           "10Mb/s@",
                           "10Mb/s@5",
                           "10Mb/s@ms",
                           "10Mb/s@5ns",
                           "10Mb/s@50msx",
                           "0Mb/s",
                           "10Mb/s@0ms",
                           "1b/s",
                           "100GB/s@1s",
                           "99999999999999999999b/s",
                           "18446744073709551615Gb/s",
                           "1b/s@18446744073709551615s",
                           "18446744073709551B/s@4000s",
                           "1,2,3",
                           ",",
                           "1,"}) {
    EXPECT_EQ(parse_rate(text), "4294967295,0") << text;
  }
}

}  // namespace
}  // namespace xend
