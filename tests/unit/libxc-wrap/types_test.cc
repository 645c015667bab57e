#include "libxc-wrap/types.h"

#include <gtest/gtest.h>

#include <cerrno>

#include "libxc-wrap/error.h"

namespace xc {
namespace {

TEST(Uuid, ReadsAnyHexTextAndPrintsTheClassicForm) {
  const std::string text = "00112233-4455-6677-8899-aabbccddeeff";
  EXPECT_EQ(Uuid::parse("00112233-4455-6677-8899-AABBCCDDEEFF")->to_string(), text);
  EXPECT_EQ(Uuid::parse("00112233445566778899aabbccddeeff")->to_string(), text);
  EXPECT_EQ(Uuid::parse(text)->bytes()[15], 0xff);
}

TEST(Uuid, RefusesOtherText) {
  EXPECT_EQ(Uuid::parse(""), std::nullopt);
  EXPECT_EQ(Uuid::parse("00112233445566778899aabbccddeef"), std::nullopt);
  EXPECT_EQ(Uuid::parse("00112233445566778899aabbccddeeff0"), std::nullopt);
  EXPECT_EQ(Uuid::parse("0011223344556677 899aabbccddeeff"), std::nullopt);
}

TEST(Uuid, RandomOnesDiffer) {
  const Uuid one = Uuid::random();
  EXPECT_NE(one, Uuid::random());
  EXPECT_FALSE(one.is_zero());
  EXPECT_TRUE(Uuid().is_zero());
  EXPECT_EQ(one.to_string()[14], '4');
}

TEST(GuestType, NamesGoBothWays) {
  for (const GuestType type : {GuestType::kPv, GuestType::kPvh, GuestType::kHvm})
    EXPECT_EQ(parse_guest_type(to_string(type)), type);
  EXPECT_EQ(parse_guest_type("linux"), std::nullopt);
}

TEST(Error, SaysCallReasonAndWhatTheLibraryLogged) {
  EXPECT_STREQ(Error("xc_domain_create", ENOMEM).what(), "xc_domain_create: Cannot allocate memory (12)");
  EXPECT_STREQ(Error("xc_domain_create", EINVAL, "no grants").what(),
               "xc_domain_create: Invalid argument (22); no grants");
  EXPECT_STREQ(Error("xc_domain_restore", 0, "short").what(), "xc_domain_restore: short");
  EXPECT_STREQ(Error("xc_domain_restore", 0).what(), "xc_domain_restore: the library gave no reason");
}

}  // namespace
}  // namespace xc
