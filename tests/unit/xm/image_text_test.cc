// The words of checkpoint-verify and checkpoint-info.
#include "xm/image_text.h"

#include <cstdlib>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "sxp/parser.h"

namespace xm {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

constexpr char kWhole[] =
    "(image (name web1) (uuid 3b1d) (type hvm) (memory 256) (maxmem 512) (vcpus 2)"
    " (device vbd 'xvda:disk phy:/dev/vg0/web1 w') (device console '') (format framed) (version 2) (compression lz4)"
    " (frames 7) (memory_image 6000000) (pages 1400) (pages_left_out 35000) (xen 4.17) (device_state 200000) (behind "
    "0) (bytes 1234567) (verdict whole))";

ImageFile image(const char* report) {
  return {.path = "web1.chk", .date = 1'763'898'620, .report = sxp::parse_one(report)};
}

class ImageText : public testing::Test {
 protected:
  ImageText() { setenv("TZ", "UTC", 1), tzset(); }
};

TEST_F(ImageText, OneSentenceOnAWholeImage) {
  EXPECT_EQ(verdict_of(image(kWhole)), Verdict::kGood);
  EXPECT_EQ(verdict_text(image(kWhole)), "web1.chk is whole: web1 (3b1d), 1234567 bytes, 7 frames.\n");
}

TEST_F(ImageText, WhatFollowsTheImageIsMentioned) {
  const auto longer = image("(image (name a) (uuid u) (bytes 9) (frames 1) (behind 4) (verdict whole))");
  EXPECT_EQ(verdict_text(longer),
            "web1.chk is whole: a (u), 9 bytes, 1 frame.\nThe last 4 bytes of the file are no part of the image.\n");
}

TEST_F(ImageText, WhatCannotBeCheckedIsSaid) {
  const auto bare = image("(image (name a) (uuid u) (bytes 9) (verdict complete))");
  EXPECT_EQ(verdict_of(bare), Verdict::kGood);
  EXPECT_THAT(verdict_text(bare), StartsWith("web1.chk is complete: a (u), 9 bytes.\n"));
  EXPECT_THAT(verdict_text(bare), HasSubstr("without checksums"));
  const auto old = image("(image (name a) (uuid u) (bytes 9) (verdict unchecked))");
  EXPECT_EQ(verdict_of(old), Verdict::kUnchecked);
  EXPECT_THAT(verdict_text(old), StartsWith("web1.chk has not been checked: a (u), 9 bytes.\n"));
  EXPECT_THAT(verdict_text(old), HasSubstr("Xen 4.5 or older"));
}

TEST_F(ImageText, DamageIsToldAsItWasFound) {
  const auto damaged = image("(image (verdict damaged) (damage 'the image is cut short'))");
  EXPECT_EQ(verdict_of(damaged), Verdict::kDamaged);
  EXPECT_EQ(verdict_text(damaged), "web1.chk: the image is cut short\n");
  EXPECT_FALSE(has_configuration(damaged));
  EXPECT_TRUE(has_configuration(image(kWhole)));
  EXPECT_EQ(verdict_of(image("(image)")), Verdict::kDamaged) << "what is not said is not good";
}

TEST_F(ImageText, InfoIsATableLikeThatOfTheHost) {
  EXPECT_EQ(info_text(image(kWhole)),
            "name                   : web1\n"
            "uuid                   : 3b1d\n"
            "type                   : hvm\n"
            "memory                 : 256\n"
            "maxmem                 : 512\n"
            "vcpus                  : 2\n"
            "format                 : framed\n"
            "version                : 2\n"
            "compression            : lz4\n"
            "frames                 : 7\n"
            "bytes                  : 1234567\n"
            "memory_image           : 6000000\n"
            "pages                  : 1400\n"
            "pages_left_out         : 35000\n"
            "xen                    : 4.17\n"
            "device_state           : 200000\n"
            "device                 : vbd xvda:disk phy:/dev/vg0/web1 w\n"
            "device                 : console \n"
            "date                   : 2025-11-23 11:50:20\n"
            "verdict                : whole\n");
}

TEST_F(ImageText, InfoLeavesOutWhatIsNotKnown) {
  const auto old = image("(image (name a) (type pv) (format legacy) (bytes 9) (verdict unchecked))");
  EXPECT_EQ(info_text(old),
            "name                   : a\n"
            "type                   : pv\n"
            "format                 : legacy\n"
            "bytes                  : 9\n"
            "date                   : 2025-11-23 11:50:20\n"
            "verdict                : unchecked\n");
}

// A name may have been made to move the cursor of whoever looks.
TEST_F(ImageText, ControlCharactersAreEscaped) {
  const auto evil = image("(image (name 'a\\x1b[2Jb') (uuid u) (type pv) (device vbd 'x\\ny') (verdict whole))");
  EXPECT_EQ(info_text(evil).find('\x1b'), std::string::npos);
  EXPECT_EQ(verdict_text(evil).find('\x1b'), std::string::npos);
  EXPECT_THAT(info_text(evil), HasSubstr("a\\x1b[2Jb"));
}

TEST_F(ImageText, JsonHasEveryKeyAlways) {
  const auto whole = nlohmann::json::parse(info_json(image(kWhole)));
  EXPECT_EQ(whole, nlohmann::json::parse(R"({
    "file": "web1.chk", "name": "web1", "uuid": "3b1d", "type": "hvm", "memory": 256, "maxmem": 512, "vcpus": 2,
    "format": "framed", "version": 2, "compression": "lz4", "frames": 7, "bytes": 1234567, "memory_image": 6000000,
    "pages": 1400, "pages_left_out": 35000,
    "xen": "4.17", "device_state": 200000,
    "devices": [{"class": "vbd", "detail": "xvda:disk phy:/dev/vg0/web1 w"}, {"class": "console", "detail": ""}],
    "date": "2025-11-23T11:50:20Z", "verdict": "whole", "damage": null})"));
  const auto nothing = nlohmann::json::parse(info_json(image("(image (verdict damaged) (damage 'not a \"file\"'))")));
  EXPECT_EQ(nothing.size(), whole.size());
  EXPECT_EQ(nothing["damage"], "not a \"file\"");
  EXPECT_TRUE(nothing["name"].is_null());
}

TEST_F(ImageText, JsonIsValidWhateverTheImageSays) {
  const auto odd = image("(image (name 'a\\xff\\\"\\x01b') (memory many) (verdict whole))");
  const auto parsed = nlohmann::json::parse(info_json(odd));
  EXPECT_TRUE(parsed["memory"].is_null());
  EXPECT_THAT(parsed["name"].get<std::string>(), StartsWith("a\xef\xbf\xbd\"\x01"));
}

}  // namespace
}  // namespace xm
