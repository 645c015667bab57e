// The forms in which configurations have security labels.
#include "xend/domain/security_label.h"

#include <gtest/gtest.h>

#include "sxp/parser.h"

namespace xend {
namespace {

std::string label(const std::string& config) {
  return parse_security_label(sxp::parse_one(config));
}

TEST(SecurityLabel, TheFormsOfIt) {
  EXPECT_EQ(label("(vm (name a))"), "");
  EXPECT_EQ(label("(vm (security_label system_u:system_r:domU_t))"), "system_u:system_r:domU_t");
  EXPECT_EQ(label("(vm (security ((access_control (policy '') (label a:b:c)))))"), "a:b:c");
  EXPECT_EQ(label("(vm (security ((ssidref 5) (access_control (policy '') (label a:b:c)))))"), "a:b:c");
  EXPECT_EQ(label("(vm (security (access_control (label a:b:c))))"), "a:b:c");
  EXPECT_EQ(label("(vm (security ((access_control (policy site) (label red)))))"), "ACM:site:red");
}

TEST(SecurityLabel, WhatIsNone) {
  for (const char* config :
       {"(vm (security))", "(vm (security 5))", "(vm (security ()))", "(vm (security ((access_control))))",
        "(vm (security ((access_control (policy site)))))", "(vm (security ((access_control (label (a b))))))"})
    EXPECT_EQ(label(config), "") << config;
}

}  // namespace
}  // namespace xend
