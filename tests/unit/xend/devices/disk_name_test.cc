// Names of disks and their numbers: the table of spec domain-lifecycle 9.2.
#include "xend/devices/disk_name.h"

#include <gtest/gtest.h>

#include "xend/error.h"

namespace xend {
namespace {

TEST(DiskNumber, FollowsTheTable) {
  const std::map<std::string, unsigned> expected = {
      {"xvda", 51712},
      {"xvda1", 51713},
      {"xvda15", 51727},
      {"xvdb", 51728},
      {"xvdp15", 51967},
      {"xvdq", 1U << 28 | 16 << 8},
      {"xvdz3", 1U << 28 | 25 << 8 | 3},
      {"xvdaa", 1U << 28 | 26 << 8},
      {"xvdiz", 1U << 28 | 259 << 8},
      {"sda", 8 << 8},
      {"sda1", 2049},
      {"sdb", 2064},
      {"sdp15", 8 << 8 | 255},
      {"sdq", 65 << 8},
      {"sdaa", 65 << 8 | 10 << 4},
      {"sdiv15", 135 << 8 | 255},
      {"hda", 768},
      {"hda63", 831},
      {"hdb", 832},
      {"hdc", 22 << 8},
      {"hdt1", 91 << 8 | 65},
      {"0x301", 769},
      {"0xCA00", 51712},
      {"51712", 51712},
      {"268435456", 1U << 28},
      {"/dev/xvda", 51712},
      {"/dev/sda1", 2049},
  };
  for (const auto& [name, number] : expected) EXPECT_EQ(disk_number(name), number) << name;
}

TEST(DiskNumber, OtherNamesHaveNone) {
  for (const char* name :
       {"",           "xvd",   "xvda16", "xvda01", "xvdja", "xvdaaa", "xvdA",       "xvda1x",   "xvda-1",
        "sdiw",       "sda16", "sdaaa",  "hdu",    "hda64", "0",      "0x",         "0x0",      "0x20000000",
        "4294967297", "-5",    "12a",    "floppy", " hda ", "/dev/",  "/dev/vg/lv", "ioemu:hda"}) {
    EXPECT_EQ(disk_number(name), std::nullopt) << name;
  }
}

TEST(DiskNumber, BeyondClassicBitsIsExtended) {
  EXPECT_FALSE(is_extended_disk_number(*disk_number("xvdp15")));
  EXPECT_TRUE(is_extended_disk_number(*disk_number("xvdq")));
}

TEST(DiskName, PrefixAndSuffixAreTakenOff) {
  EXPECT_EQ(parse_disk_name("hda").name, "hda");
  EXPECT_EQ(parse_disk_name("ioemu:hda").name, "hda");
  EXPECT_EQ(parse_disk_name("/dev/xvda:disk").name, "/dev/xvda");
  EXPECT_FALSE(parse_disk_name("xvda:disk").cdrom);
  EXPECT_EQ(parse_disk_name("ioemu:hdc:cdrom").name, "hdc");
  EXPECT_TRUE(parse_disk_name("ioemu:hdc:cdrom").cdrom);
}

TEST(DiskName, OtherSuffixesAreRefused) {
  EXPECT_THROW(parse_disk_name("xvda:floppy"), Error);
  EXPECT_THROW(parse_disk_name("xvda:"), Error);
}

}  // namespace
}  // namespace xend
