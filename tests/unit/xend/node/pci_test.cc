// The host's PCI devices, on a made-up /sys.
#include "xend/node/pci.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "xend/error.h"

namespace xend {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

class Pci : public testing::Test {
 protected:
  Pci() {
    std::string name = (std::filesystem::temp_directory_path() / "sys.XXXXXX").string();
    sysfs = mkdtemp(name.data());
    for (const char* device : {"0000:00:1f.2", "0000:02:00.0", "0000:02:00.1", "0001:03:00.0"}) {
      const auto folder = sysfs / "bus/pci/devices" / device;
      std::filesystem::create_directories(folder);
      std::ofstream(folder / "resource") << "0x0 0x0 0x0\n";
    }
  }
  ~Pci() override { std::filesystem::remove_all(sysfs); }

  // A driver holds devices by links in its folder, among other files.
  void driver(const std::string& name, const std::vector<std::string>& devices) {
    const auto folder = sysfs / "bus/pci/drivers" / name;
    std::filesystem::create_directories(folder);
    std::ofstream(folder / "new_id");
    for (const auto& device : devices)
      std::filesystem::create_symlink(sysfs / "bus/pci/devices" / device, folder / device);
  }
  std::string refusal(const PciAddress& device) {
    try {
      PciHost(sysfs).check(device);
    } catch (const Error& e) {
      return e.what();
    }
    return "";
  }

  std::filesystem::path sysfs;
};

TEST_F(Pci, NoDriverNoDevices) {
  EXPECT_EQ(PciHost(sysfs).assignable(), std::nullopt);
  driver("pciback", {});
  EXPECT_THAT(*PciHost(sysfs).assignable(), testing::IsEmpty());
}

TEST_F(Pci, WhatTheDriversHoldInOrder) {
  driver("pciback", {"0001:03:00.0", "0000:02:00.1"});
  driver("pci-stub", {"0000:02:00.0"});
  driver("ahci", {"0000:00:1f.2"});
  std::vector<std::string> texts;
  const auto devices = PciHost(sysfs).assignable();
  ASSERT_TRUE(devices);
  for (const auto& device : *devices) texts.push_back(device.text());
  EXPECT_THAT(texts, ElementsAre("0000:02:00.0", "0000:02:00.1", "0001:03:00.0"));
}

TEST_F(Pci, OnlyWhatIsHeldCanBeGiven) {
  driver("pciback", {"0000:02:00.0"});
  EXPECT_EQ(refusal({0, 2, 0, 0}), "");
  EXPECT_THAT(refusal({0, 0, 0x1f, 2}), StartsWith("pci: PCI Backend and pci-stub don't own device 0000:00:1f.2"));
  EXPECT_THAT(refusal({0, 9, 0, 0}), StartsWith("pci: failed to locate device and parse its resources - "));
}

TEST_F(Pci, TheDriverOfADevice) {
  driver("pci-stub", {"0000:02:00.0"});
  std::filesystem::create_directories(sysfs / "bus/pci/drivers/ahci");
  std::filesystem::create_symlink(sysfs / "bus/pci/drivers/ahci", sysfs / "bus/pci/devices/0000:00:1f.2/driver");
  EXPECT_EQ(PciHost(sysfs).driver({0, 2, 0, 0}), "pci-stub");
  EXPECT_EQ(PciHost(sysfs).driver({0, 0, 0x1f, 2}), "ahci");
  EXPECT_EQ(PciHost(sysfs).driver({0, 2, 0, 1}), "");
}

TEST_F(Pci, WhatADeviceOccupies) {
  const auto folder = sysfs / "bus/pci/devices/0000:02:00.0";
  std::ofstream(folder / "resource") << "0x00000000febf0000 0x00000000febfffff 0x0000000000040200\n"
                                        "0x000000000000c000 0x000000000000c01f 0x0000000000040101\n"
                                        "0x0000000000000000 0x0000000000000000 0x0000000000000000\n"
                                        "0x00000000fe000800 0x00000000fe0010ff 0x0000000000040200\n"
                                        "0x0000000000000000 0x0000000000000000 0x0000000000000000\n"
                                        "0x0000000000000000 0x0000000000000000 0x0000000000000000\n"
                                        "0x00000000feb80000 0x00000000febbffff 0x0000000000046200\n"
                                        "0x00000000f0000000 0x00000000f7ffffff 0x0000000000000200\n";
  std::ofstream(folder / "irq") << "17\n";
  const auto found = PciHost(sysfs).resources({0, 2, 0, 0});
  EXPECT_EQ(found.frames, (std::vector<PciResources::Range>{{0xfebf0, 16}, {0xfe000, 2}, {0xfeb80, 64}}));
  EXPECT_EQ(found.ports, (std::vector<PciResources::Range>{{0xc000, 32}}));
  EXPECT_EQ(found.interrupt, 17);
  EXPECT_EQ(PciHost(sysfs).resources({0, 2, 0, 1}).interrupt, 0);
  std::ofstream(folder / "resource") << "nonsense\n";
  EXPECT_THROW(PciHost(sysfs).resources({0, 2, 0, 0}), Error);
  EXPECT_THROW(PciHost(sysfs).resources({0, 9, 0, 0}), Error);
}

TEST_F(Pci, Reset) {
  PciHost(sysfs).reset({0, 2, 0, 0});  // the kernel knows no way to
  const auto reset = sysfs / "bus/pci/devices/0000:02:00.0/reset";
  EXPECT_FALSE(std::filesystem::exists(reset));
  std::ofstream{reset};
  PciHost(sysfs).reset({0, 2, 0, 0});
  std::string text;
  std::ifstream(reset) >> text;
  EXPECT_EQ(text, "1");
}

TEST(PciAddress, AsXenNumbersThem) {
  EXPECT_EQ((PciAddress{0, 2, 0, 1}.number()), 0x201u);
  EXPECT_EQ((PciAddress{1, 0xff, 0x1f, 7}.number()), 0x1ffffu);
}

TEST(PciAddress, ReadAndWritten) {
  for (const char* text : {"0000:02:00.0", "ffff:ff:1f.7"}) EXPECT_EQ(PciAddress::parse(text)->text(), text);
  EXPECT_EQ(PciAddress::parse("2:1.3")->text(), "0000:02:01.3");
  for (const char* text : {"", "02:00", "02:20.0", "02:00.8", "00000:02:00.0", "0:0:0:0.0", "x2:00.0", "02:00.", ":.",
                           "02:00.0 ", "-1:00.0", "../..:00.0"})
    EXPECT_EQ(PciAddress::parse(text), std::nullopt) << text;
}

}  // namespace
}  // namespace xend
