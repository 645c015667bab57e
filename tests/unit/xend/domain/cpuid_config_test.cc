// (cpuid ...) as clients write it and as it is printed: spec protocols 7.1, 7.2, guest-config 5.10.
#include "xend/domain/cpuid_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sxp/parser.h"
#include "sxp/printer.h"
#include "xend/domain/domain_config.h"
#include "xend/error.h"

namespace xend {
namespace {

using testing::HasSubstr;

const std::string kMask = "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx0";

// What stands behind the key.
xc::CpuidPolicy parse(const std::string& value) {
  return parse_cpuid(sxp::parse_one(value));
}

std::string refusal(const std::string& value) {
  try {
    parse(value);
  } catch (const Error& e) {
    return e.what();
  }
  return "no refusal";
}

TEST(CpuidConfig, ListsAsXmlRpcAndSavedConfigurationsHaveThem) {
  const auto policy = parse("((1 ((edx " + kMask + ") (eax 0x5))) ('4,0' ((ebx " + std::string(32, 'k') + "))))");
  ASSERT_EQ(policy.size(), 2U);
  EXPECT_EQ(policy[0].leaf, 1U);
  EXPECT_EQ(policy[0].subleaf, std::nullopt);
  EXPECT_EQ(policy[0].registers[0], "00000000000000000000000000000101");
  EXPECT_EQ(policy[0].registers[1], "");
  EXPECT_EQ(policy[0].registers[3], kMask);
  EXPECT_EQ(policy[1].leaf, 4U);
  EXPECT_EQ(policy[1].subleaf, 0U);
  EXPECT_EQ(policy[1].registers[1], std::string(32, 'k'));
}

TEST(CpuidConfig, DictionariesAsADryRunPrintsThem) {
  EXPECT_EQ(parse("\"{'1': {'edx': '" + kMask + "', 'eax': '0x5'}, '4,0': {'ebx': '0x1'}}\""),
            parse("((1 ((edx " + kMask + ") (eax 0x5))) ('4,0' ((ebx 0x1))))"));
  EXPECT_EQ(parse_cpuid("{ \"0x1\" : {\"eax\":'0x1'} }"), parse("((1 ((eax 0x1))))"));
  EXPECT_TRUE(parse("()").empty());
  EXPECT_TRUE(parse("''").empty());
  EXPECT_TRUE(parse("'{}'").empty());
  EXPECT_EQ(parse("((1 ()))").size(), 1U);
}

TEST(CpuidConfig, LeavesAreDecimalOrHexadecimal) {
  EXPECT_EQ(parse("((0x80000001 ()))")[0].leaf, 0x80000001U);
  EXPECT_EQ(parse("((13 ()))")[0].leaf, 13U);
  EXPECT_EQ(parse("(('0xd,0x1' ()))")[0].subleaf, 1U);
  for (const char* leaf :
       {"''", "d", "-1", "0x", "1,", "1,x", "'1 '", "4294967295", "0x100000000", "'1,2,3'", "1,0xffffffff"})
    EXPECT_THAT(refusal(std::string("((") + leaf + " ()))"), HasSubstr("is not a leaf such as")) << leaf;
}

TEST(CpuidConfig, BitsAreThirtyTwo) {
  EXPECT_EQ(parse("((1 ((eax 0xffffffff))))")[0].registers[0], std::string(32, '1'));
  EXPECT_EQ(parse("((1 ((eax 10xks000000000000000000000000000))))")[0].registers[0], "10xks" + std::string(27, '0'));
  for (const char* bits :
       {"0x", "0x1ffffffff", "0xg", "5", "''", "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
        "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxX", "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx2"})
    EXPECT_THAT(refusal(std::string("((1 ((eax ") + bits + "))))"), HasSubstr("for eax of leaf 1 is neither")) << bits;
}

TEST(CpuidConfig, WhatIsNotOfThatShapeIsRefused) {
  EXPECT_EQ(refusal("((1 ((efx 0x1))))"), "cpuid: \"efx\" of leaf 1 is not a register: eax, ebx, ecx and edx are.");
  EXPECT_EQ(refusal("((1))"), "cpuid is not a list such as ((1 ((eax 0x1)))): something in it is no pair.");
  EXPECT_EQ(refusal("((1 eax))"), "cpuid has \"eax\" where a list of pairs is expected.");
  EXPECT_EQ(refusal("('1:eax=0x1')"), "cpuid is not a list such as ((1 ((eax 0x1)))): something in it is no pair.");
  for (const char* text : {"{", "{'1'}", "{'1': 5}", "{'1': {'eax': }}", "{'1': {'eax': '0x1'}",
                           "{'1': {'eax': '0x1'}} x", "{'1': {'eax': '0x1}}", "host,tm=0", "{1: {}}", "{'1': {},}"})
    EXPECT_THAT([&] { parse_cpuid(std::string(text)); },
                testing::ThrowsMessage<Error>(HasSubstr("cpuid is not a dictionary such as")))
        << text;
  std::string many;
  for (int i = 0; i < 300; ++i) many += "(1 ())";
  EXPECT_EQ(refusal("(" + many + ")"), "cpuid has more than 256 leaves.");
}

TEST(CpuidConfig, WhatIsPrintedIsReadAgain) {
  const auto policy = parse("((1 ((eax 0x5) (edx " + kMask + "))) ('4,0' ((ebx 0x1))) (0x80000001 ((ecx " +
                            std::string(32, '1') + "))))");
  const std::string printed = sxp::to_string(cpuid_sxp(policy));
  EXPECT_EQ(printed, "(cpuid ((1 ((eax 00000000000000000000000000000101) (edx " + kMask +
                         "))) ('4,0' ((ebx 00000000000000000000000000000001))) (0x80000001 ((ecx " +
                         std::string(32, '1') + ")))))");
  EXPECT_EQ(parse_cpuid(sxp::parse_one(printed).as_list()[1]), policy);
}

TEST(CpuidConfig, ADomainHasItAtTheTopOrInItsImage) {
  const auto of = [](const std::string& keys, const std::string& image) {
    return DomainConfig::parse(
               sxp::parse_one("(vm (memory 8) " + keys + " (image (hvm (kernel k) (boot c) " + image + ")))"))
        .cpuid;
  };
  EXPECT_TRUE(of("", "").empty());
  EXPECT_TRUE(of("(cpuid ())", "(cpuid ()) (cpuid_check ('1:eax=0x1'))").empty());
  EXPECT_EQ(of("(cpuid ((1 ((eax 0x1)))))", "").at(0).leaf, 1U);
  EXPECT_EQ(of("", "(cpuid \"{'2': {'eax': '0x1'}}\")").at(0).leaf, 2U);
  EXPECT_EQ(of("(cpuid ((1 ((eax 0x1)))))", "(cpuid ((2 ((eax 0x1)))))").at(0).leaf, 1U);
  EXPECT_THROW(of("(cpuid nonsense)", ""), Error);
}

}  // namespace
}  // namespace xend
