// What xm-image says of images of each kind.
#include "xend/checkpoint/image_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "sxp/printer.h"
#include "tests/unit/xend/checkpoint/saved_guest.h"

namespace xend {
namespace {

using test::ImageFile;
using test::le32;
using test::libxc_stream;
using test::saved_guest;
using test::saved_head;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

const std::string kDomain =
    "(image (name web1) (uuid 3b1d7a0e-9d7f-4c61-a2f4-7f6f0c7be5a1) (type pv) (memory 256) (maxmem 512) (vcpus 2)"
    " (device vif '00:16:3e:1f:aa:02 xenbr0') (device vbd 'xvda:disk phy:/dev/vg0/web1 w') (device vfb 'vnc 1')"
    " (device pci 0000:01:02.0)";

std::string report_on(const std::string& content) {
  const ImageFile file(content);
  return sxp::to_string(image_report(file.fd()));
}

TEST(ImageReport, TellsAllOfAWholeImage) {
  const std::string image = saved_guest();
  EXPECT_EQ(
      report_on(image),
      kDomain +
          " (format framed) (version 3) (compression lz4) (frames 1) (memory_image 6200) (pages 1) (pages_left_out 1)"
          " (xen 4.17) (device_state 0) (behind 0) (bytes " +
          std::to_string(image.size()) + ") (verdict whole))");
}

// The format stays what it was: this file was written by the first xend that knew version 3.
TEST(ImageReport, AnOldFileIsReadAsItWas) {
  std::ostringstream file;
  file << std::ifstream("tests/unit/xend/checkpoint/web1.checkpt", std::ios::binary).rdbuf();
  EXPECT_EQ(
      report_on(file.str()),
      kDomain +
          " (format framed) (version 3) (compression lz4) (frames 1) (memory_image 6200) (pages 1) (pages_left_out 1)"
          " (xen 4.17) (device_state 0) (behind 0) (bytes 1901) (verdict whole))");
}

TEST(ImageReport, KnowsTheTypesOfGuests) {
  const auto head = [](const char* image) { return report_on(saved_guest(saved_head(image), 2)); };
  EXPECT_THAT(head("(linux (kernel /k) (type pvh))"), HasSubstr(" (type pvh) "));
  EXPECT_THAT(head("(hvm (kernel /k))"), HasSubstr(" (type hvm) "));
  EXPECT_THAT(head("(linux (kernel /k) (boot c))"), HasSubstr(" (type hvm) "));
}

TEST(ImageReport, TheStateOfADeviceModelBelongsToAnHvmGuest) {
  const std::string head = saved_head("(hvm (kernel hvmloader))");
  EXPECT_THAT(report_on(saved_guest(head, 2, "QemuDeviceModelRecord12345")),
              HasSubstr(" (device_state 5) (behind 0) "));
  EXPECT_THAT(report_on(saved_guest(head, 2)),
              EndsWith(" (verdict damaged) (damage \"the image ends without the state of "
                       "the guest's device model\"))"));
}

TEST(ImageReport, WhatFollowsTheImageIsNoPartOfIt) {
  EXPECT_THAT(report_on(saved_guest() + "12345"), HasSubstr(" (behind 5) "));
}

TEST(ImageReport, ABareStreamIsCompleteAndNoMore) {
  const std::string bare = saved_head() + libxc_stream(3, 1);
  EXPECT_EQ(report_on(bare), kDomain +
                                 " (format libxc) (version 3) (memory_image 4304) (pages 1) (pages_left_out 1) (xen "
                                 "4.17) (device_state 0) (bytes " +
                                 std::to_string(bare.size()) + ") (verdict complete))");
  EXPECT_THAT(report_on(bare.substr(0, bare.size() - 1)), HasSubstr(" (verdict damaged) "));
  EXPECT_THAT(report_on(bare + "x"), HasSubstr("is not the state of a device model"));
  EXPECT_THAT(report_on(saved_head("(hvm)") + libxc_stream(3, 2) + "QemuDeviceModelRecord12345"),
              EndsWith(" (verdict complete))"));
}

TEST(ImageReport, OfALegacyImageOnlyTheHeadIsKnown) {
  const std::string legacy = saved_head() + le32(65536) + le32(0) + std::string(100, '\xff');
  EXPECT_EQ(report_on(legacy),
            kDomain + " (format legacy) (bytes " + std::to_string(legacy.size()) + ") (verdict unchecked))");
}

TEST(ImageReport, DamageIsToldWithItsPlaceAndWhatWasReadBefore) {
  std::string image = saved_guest();
  const std::size_t head = saved_head().size();
  image[head + 16 + 24 + 100] ^= 1;
  EXPECT_THAT(report_on(image), StartsWith(kDomain +
                                           " (format framed) (version 3) (compression lz4) (verdict damaged) "
                                           "(damage 'the image is damaged: frame 0 at byte " +
                                           std::to_string(head + 16) + ": its checksum is "));
}

TEST(ImageReport, AChangedConfigurationIsNoticed) {
  std::string image = saved_guest();
  image.replace(image.find("restart"), 7, "destroy");
  EXPECT_THAT(report_on(image), HasSubstr("the domain's configuration at its start was written with the checksum"));
}

TEST(ImageReport, WhatIsNoImageHasNothingButDamage) {
  EXPECT_EQ(report_on(""), "(image (verdict damaged) (damage 'not a valid guest state file: signature read'))");
  EXPECT_THAT(report_on("root:x:0:0:root:/root:/bin/bash"), HasSubstr("not a valid guest state file: found"));
}

}  // namespace
}  // namespace xend
