// Numbers, amounts of memory and lists of CPUs as typed (spec xm-cli 3.3, 3.4).
#include "xm/units.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "xm/error.h"

namespace xm {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(Units, Integers) {
  EXPECT_EQ(parse_int(" 42 "), 42);
  EXPECT_EQ(parse_int("+7"), 7);
  EXPECT_EQ(parse_int("-7"), -7);
  for (const char* text : {"", " ", "0x10", "1.5", "abc", "1 2", "+-3", "99999999999999999999"}) {
    EXPECT_EQ(parse_int(text), std::nullopt) << text;
  }
  EXPECT_THROW(wire_int("2147483648"), Error);
  EXPECT_EQ(wire_int("-2147483648"), INT32_MIN);
}

TEST(Units, Memory) {
  EXPECT_EQ(parse_mib("64"), 64);
  EXPECT_EQ(parse_mib("64M"), 64);
  EXPECT_EQ(parse_mib("64m"), 64);
  EXPECT_EQ(parse_mib("1G"), 1024);
  EXPECT_EQ(parse_mib("65536k"), 64);
  EXPECT_EQ(parse_mib("100K"), 0);
  EXPECT_EQ(parse_mib("-100K"), -1);
  EXPECT_EQ(parse_mib("-5"), -5);
  for (const char* text : {"", "64MB", "0x10", "1.5", "abc", "1T", "G", "9999999G"}) {
    EXPECT_THROW(parse_mib(text), Error) << text;
  }
}

TEST(Units, Cpus) {
  EXPECT_THAT(parse_cpus("0-3,^1"), ElementsAre(0, 2, 3));
  EXPECT_THAT(parse_cpus("^1,0-3"), ElementsAre(0, 1, 2, 3));
  EXPECT_THAT(parse_cpus("3,,1,"), ElementsAre(1, 3));
  EXPECT_THAT(parse_cpus("1,1"), ElementsAre(1, 1));
  EXPECT_THAT(parse_cpus(""), IsEmpty());
  for (const char* text : {"a", "1-", "-1", "^", "1-2-3", "0-2000000000"})
    EXPECT_THROW(parse_cpus(text), Error) << text;
}

}  // namespace
}  // namespace xm
