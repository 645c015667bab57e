// What a source says that its guest needs: as it goes over the wire, read back, and what a hostile peer may send.
#include "xend/relocation/handover_needs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sxp/parser.h"
#include "sxp/printer.h"
#include "xend/error.h"
#include "xend/relocation/handover_message.h"

namespace xend {
namespace {

using testing::HasSubstr;

const HandoverNeeds kNeeds{xc::KiB{135168}, 4, 17, xc::CpuPolicy{13, 1, 0x80000008, {0x178bfbff, 0, 0xfffa3203}}};
constexpr char kText[] =
    "(needs (memory_kib 135168) (xen 4 17) (cpu (basic_max 13) (feature_max 1) (extended_max 2147483656)) "
    "(features 178bfbff 00000000 fffa3203))";

std::string refusal(const std::string& text) {
  try {
    HandoverNeeds::parse(sxp::parse_one(text));
    return "";
  } catch (const Error& e) {
    return e.what();
  }
}

TEST(HandoverNeeds, AsTheyGoOverTheWire) {
  EXPECT_EQ(sxp::to_string(kNeeds.to_sxp()), kText);
  EXPECT_EQ(HandoverNeeds::parse(sxp::parse_one(kText)), kNeeds);
}

TEST(HandoverNeeds, WithoutWhatIsNotKnownOfTheCpu) {
  const HandoverNeeds needs{xc::KiB{1}, 4, 20};
  EXPECT_EQ(sxp::to_string(needs.to_sxp()), "(needs (memory_kib 1) (xen 4 20))");
  EXPECT_EQ(HandoverNeeds::parse(needs.to_sxp()), needs);
}

TEST(HandoverNeeds, WhatTheDevicesNeedMayComeLater) {
  const HandoverNeeds needs{.memory = xc::KiB{1}, .xen_major = 4, .xen_minor = 17, .devices_follow = true};
  EXPECT_EQ(sxp::to_string(needs.to_sxp()), "(needs (memory_kib 1) (xen 4 17) (devices_follow 1))");
  EXPECT_EQ(HandoverNeeds::parse(needs.to_sxp()), needs);
  EXPECT_THAT(refusal("(needs (memory_kib 1) (xen 4 17) (devices_follow yes))"), HasSubstr("devices_follow"));
}

TEST(HandoverNeeds, WhatALaterReleaseAddsIsLeftOut) {
  EXPECT_EQ(refusal("(needs (memory_kib 1) (xen 4 17) (moon full))"), "");
}

TEST(HandoverNeeds, WhatIsNoneIsRefused) {
  EXPECT_THAT(refusal("(needs (xen 4 17))"), HasSubstr("memory_kib"));
  for (const char* const size :
       {"-1", "1.5", "0x10", "''", "(4)", "99999999999999999999999", "1099511627777", "12 KiB"})
    EXPECT_THAT(refusal(std::string("(needs (memory_kib ") + "'" + size + "') (xen 4 17))"), HasSubstr("memory_kib"))
        << size;
  EXPECT_EQ(refusal("(needs (memory_kib 1099511627776) (xen 4 17))"), "");
  EXPECT_THAT(refusal("(needs (memory_kib 1))"), HasSubstr("version of Xen"));
  EXPECT_THAT(refusal("(needs (memory_kib 1) (xen 4))"), HasSubstr("version of Xen"));
  EXPECT_THAT(refusal("(needs (memory_kib 1) (xen 4 17 7))"), HasSubstr("version of Xen"));
  EXPECT_THAT(refusal("(needs (memory_kib 1) (xen 4 unstable))"), HasSubstr("version of Xen"));
  EXPECT_THAT(refusal("(needs (memory_kib 1) (xen 4 65536))"), HasSubstr("version of Xen"));
}

TEST(HandoverNeeds, HostileFeatures) {
  const auto with = [](const std::string& rest) { return refusal("(needs (memory_kib 1) (xen 4 17) " + rest + ")"); };
  const std::string cpu = "(cpu (basic_max 1) (feature_max 0) (extended_max 0))";
  EXPECT_EQ(with(cpu + "(features)"), "");
  EXPECT_THAT(with(cpu), HasSubstr("half"));
  EXPECT_THAT(with("(features 0)"), HasSubstr("half"));
  EXPECT_THAT(with("(cpu (basic_max 1) (extended_max 0)) (features 0)"), HasSubstr("feature_max"));
  EXPECT_THAT(with("(cpu (basic_max 4294967296) (feature_max 0) (extended_max 0)) (features)"), HasSubstr("basic_max"));
  for (const char* const word : {"g", "-1", "0x1", "100000000", "(1)", "''"})
    EXPECT_THAT(with(cpu + "(features 1 " + word + ")"), HasSubstr("CPU feature")) << word;
  std::string words;
  for (int i = 0; i < 64; ++i) words += " 1";
  EXPECT_EQ(with(cpu + "(features" + words + ")"), "");
  EXPECT_THAT(with(cpu + "(features" + words + " 1)"), HasSubstr("65 words of CPU features: 64 is the most"));
}

TEST(HandoverNeeds, TheyComeWithTheOffer) {
  Message offer{.kind = Message::Kind::kOffer, .offer = sxp::parse_one("(domain (name TestGuest))"), .needs = kNeeds};
  EXPECT_THAT(to_text(offer), HasSubstr(std::string("(version 1) ") + kText + " (config "));
  EXPECT_EQ(parse_message(sxp::parse_one(to_text(offer))).needs, kNeeds);
  offer.needs.reset();
  EXPECT_EQ(parse_message(sxp::parse_one(to_text(offer))).needs, std::nullopt) << "an older release";
}

}  // namespace
}  // namespace xend
