#include "xm/usb_devices.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace xm {
namespace {

TEST(UsbDevices, BusIds) {
  for (const char* good : {"1-2", "10-12", "1,2", "1-2.4", "1-2.4.1.1.1.12"}) EXPECT_TRUE(is_usb_bus_id(good)) << good;
  for (const char* bad : {"", "1", "1-", "-1", "123-1", "1-2:1.0", "usb1", "1-2.", "1-2.4.1.1.1.1.1", "1.2", "a-b"})
    EXPECT_FALSE(is_usb_bus_id(bad)) << bad;
}

TEST(UsbDevices, AsSysfsShowsThem) {
  std::string name = (std::filesystem::temp_directory_path() / "usb.XXXXXX").string();
  const std::filesystem::path folder = mkdtemp(name.data());
  const auto add = [&](const char* device, const char* attribute, const char* value) {
    std::filesystem::create_directories(folder / device);
    std::ofstream(folder / device / attribute) << value << "\n";
  };
  for (const char* device : {"2-1", "1-1", "usb1", "1-1:1.0"}) {
    add(device, "idVendor", "046d");
    add(device, "idProduct", "c31c");
  }
  add("1-1", "bDeviceClass", "00");
  add("1-1", "manufacturer", "Logitech ");
  add("1-1", "product", "USB Keyboard");
  add("2-1", "product", "Stick");
  add("3-1", "bDeviceClass", "09");  // a hub
  const auto devices = usb_devices(folder.string());
  ASSERT_EQ(devices.size(), 2u);
  EXPECT_EQ(devices[0].bus_id, "1-1");
  EXPECT_EQ(devices[0].vendor + ":" + devices[0].product, "046d:c31c");
  EXPECT_EQ(devices[0].name, "Logitech USB Keyboard");
  EXPECT_EQ(devices[1].name, "Stick");
  EXPECT_TRUE(usb_devices((folder / "none").string()).empty());
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace xm
