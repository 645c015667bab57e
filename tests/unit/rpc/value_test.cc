#include "rpc/value.h"

#include <gtest/gtest.h>

namespace rpc {
namespace {

TEST(Value, KnowsItsKind) {
  EXPECT_TRUE(Value().is_nil());
  EXPECT_TRUE(Value("text").is_string());
  EXPECT_TRUE(Value(7U).is_int());
  EXPECT_TRUE(Value(true).is_bool());
  EXPECT_TRUE(Value(1.0).is_double());
  EXPECT_TRUE(Value(Array{}).is_array());
  EXPECT_TRUE(Value(Struct{}).is_struct());
  EXPECT_NE(Value(1), Value(true));
  EXPECT_NE(Value(1), Value(1.0));
  EXPECT_THROW(Value(1).as_string(), std::bad_variant_access);
}

TEST(Value, FindsMembersOfAStruct) {
  const Value credit = Struct{{"weight", 256}, {"cap", 0}};
  ASSERT_NE(credit.member("cap"), nullptr);
  EXPECT_EQ(*credit.member("cap"), Value(0));
  EXPECT_EQ(credit.member("period"), nullptr);
  EXPECT_EQ(Value("weight").member("weight"), nullptr);
}

TEST(Value, AnSxpIsAnArray) {
  const sxp::Value domain = sxp::Value::list(
      {"domain", sxp::Value::list({"domid", 1}), sxp::Value::list({"cpu_time", 0.5}), sxp::Value(), true});
  const Value array = Array{"domain", Array{"domid", 1}, Array{"cpu_time", 0.5}, Value(), true};
  EXPECT_EQ(from_sxp(domain), array);
  EXPECT_EQ(to_sxp(array), domain);
}

TEST(Value, AStructBecomesAListOfPairs) {
  EXPECT_EQ(to_sxp(Struct{{"weight", 256}, {"cap", Array{}}}),
            sxp::Value::list({sxp::Value::list({"weight", 256}), sxp::Value::list({"cap", sxp::List()})}));
}

TEST(Value, AnUnknownMethodIsAResult) {
  const Value v = unknown_method("xend.nosuch");
  EXPECT_EQ(*v.member("Status"), Value("Failure"));
  EXPECT_EQ(*v.member("ErrorDescription"), Value(Array{"MESSAGE_METHOD_UNKNOWN", "xend.nosuch"}));
}

}  // namespace
}  // namespace rpc
