// What the words of usbdevice and of xm usb-add mean: spec xm-cli 2.7, guest-config 4.5.
#include "xend/build/usb_device.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace xend {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

TEST(UsbDevice, EmulatedOnes) {
  EXPECT_EQ(parse_usb_device("tablet")->driver, "usb-tablet");
  EXPECT_EQ(parse_usb_device("mouse")->driver, "usb-mouse");
  EXPECT_EQ(parse_usb_device("keyboard")->driver, "usb-kbd");
  EXPECT_EQ(parse_usb_device("kbd")->driver, "usb-kbd");
  EXPECT_THAT(parse_usb_device("tablet")->properties, IsEmpty());
  EXPECT_FALSE(parse_usb_device("tablet")->of_host());
}

TEST(UsbDevice, OnesOfTheHost) {
  const auto product = parse_usb_device("host:046d:c52b").value();
  EXPECT_EQ(product.driver, "usb-host");
  EXPECT_THAT(product.properties, ElementsAre(Pair("vendorid", 0x46d), Pair("productid", 0xc52b)));
  EXPECT_TRUE(product.of_host());
  EXPECT_FALSE(product.by_place());
  const auto place = parse_usb_device("host:1.7").value();
  EXPECT_THAT(place.properties, ElementsAre(Pair("hostbus", 1), Pair("hostaddr", 7)));
  EXPECT_TRUE(place.by_place());
}

// A zero would be any bus, any device of a vendor, or any at all.
TEST(UsbDevice, WhatIsNone) {
  for (const char* word : {"",           "Tablet",          "disk:/a",      "host",        "host:",       "host:1",
                           "host:1.",    "host:.7",         "host:a.b",     "host:1:",     "host::1",     "host:1.7.2",
                           "host:1:2:3", "host:1.7,port=2", "host:0:0",     "host:046d:0", "host:0:c52b", "host:0.7",
                           "host:1.0",   "host:1.128",      "host:10000:1", "host:-1.7",   "host:1.7 "})
    EXPECT_FALSE(parse_usb_device(word)) << word;
}

TEST(UsbDevice, OneMayHaveManyNames) {
  const auto same = [](const char* a, const char* b) { return parse_usb_device(a)->is(*parse_usb_device(b)); };
  EXPECT_TRUE(same("kbd", "keyboard"));
  EXPECT_TRUE(same("host:046d:c52b", "host:46D:C52B"));
  EXPECT_TRUE(same("host:001.007", "host:1.7"));  // as lsusb writes it
  EXPECT_FALSE(same("tablet", "mouse"));
  EXPECT_FALSE(same("host:1.7", "host:1.8"));
  EXPECT_FALSE(same("host:1.7", "host:1:7"));
}

TEST(UsbDevice, ItsIdIsThatOfItsPort) {
  auto device = parse_usb_device("tablet").value();
  device.port = 2;
  EXPECT_EQ(device.id(), "usb2");
}

}  // namespace
}  // namespace xend
