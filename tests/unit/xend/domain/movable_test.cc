// Which guests stay where they are, and what is said to who would move them.
#include "xend/domain/movable.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sxp/parser.h"
#include "xend/error.h"

namespace xend {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::StartsWith;

DomainConfig config(const std::string& image, const std::vector<std::string>& devices = {}) {
  auto parsed = DomainConfig::parse(sxp::parse_one("(vm (name web1) (memory 64) (image " + image + "))"));
  for (const auto& text : devices) {
    auto element = sxp::parse_one(text);
    parsed.devices.push_back({std::string(sxp::head(element)), 0, std::move(element)});
  }
  return parsed;
}

constexpr const char* kPv = "(linux (kernel /k))";
constexpr const char* kPci =
    "(pci (dev (domain 0x0) (bus 0x2) (slot 0x0) (func 0x0) (vdevfn 0x100) (key 0000:02:00.0)))";
constexpr const char* kScsi =
    "(vscsi (feature-host 0) (dev (state 1) (devid 0) (p-dev 2:0:0:0) (p-devname sda) (v-dev 0:0:0:0)))";

TEST(Movable, MostAre) {
  EXPECT_THAT(reasons_to_stay(config(kPv, {"(vbd (dev xvda))", "(vif)", "(vfb)", "(console)"}), "migrated"), IsEmpty());
  EXPECT_NO_THROW(check_movable(config(kPv), "migrated"));
}

TEST(Movable, WhatIsAPlaceOnThisHost) {
  EXPECT_THAT(reasons_to_stay(config(kPv, {kPci}), "migrated"),
              ElementsAre("Migration not permitted with assigned PCI device.\nDomain web1 cannot be migrated until its "
                          "devices are detached: xm pci-list web1 shows them."));
  EXPECT_THAT(reasons_to_stay(config(kPv, {kScsi}), "migrated"),
              ElementsAre("Migration not permitted with assigned SCSI device.\nDomain web1 cannot be migrated until "
                          "its SCSI devices, which are places on this host, are detached: xm scsi-list web1 shows "
                          "them."));
  EXPECT_THAT(reasons_to_stay(config("(hvm (boot c) (usb 1) (usbdevice host:1.7))"), "migrated"),
              ElementsAre(StartsWith("Migration not permitted with assigned USB device.\nDomain web1 cannot be "
                                     "migrated with host:1.7")));
  EXPECT_THAT(reasons_to_stay(config("(hvm (boot c) (usb 1) (usbdevice host:046d:c52b))"), "migrated"), IsEmpty());
}

TEST(Movable, AllReasonsAtOnce) {
  EXPECT_THAT(reasons_to_stay(config("(linux (kernel /k) (nomigrate 1))", {kPci, kScsi}), "migrated"),
              ElementsAre("Domain web1 may not be migrated: nomigrate is set in its configuration.",
                          StartsWith("Migration not permitted with assigned PCI"),
                          StartsWith("Migration not permitted with assigned SCSI")));
  EXPECT_THROW(check_movable(config(kPv, {kScsi}), "migrated"), Error);
}

// The image comes back to this host, where the devices are what they were.
TEST(Movable, SavedItMayKeepItsScsiDevices) {
  EXPECT_THAT(reasons_to_stay(config(kPv, {kScsi}), "saved"), IsEmpty());
  EXPECT_THAT(
      reasons_to_stay(config(kPv, {kPci}), "saved"),
      ElementsAre(StartsWith("Migration not permitted with assigned PCI device.\nDomain web1 cannot be saved")));
}

}  // namespace
}  // namespace xend
