// Which USB device is at which port, and how the configuration says it. The name of the guest is g.
#include "xend/domain/usb_ports.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sxp/parser.h"
#include "sxp/printer.h"
#include "xend/domain/domain_sxp.h"
#include "xend/error.h"

namespace xend {
namespace {

DomainConfig config(const std::string& keys) {
  return DomainConfig::parse(
      sxp::parse_one("(vm (name g) (memory 64) (image (hvm (kernel hvmloader) (boot c) " + keys + ")))"));
}

// "1:tablet 2:mouse"
std::string plugged(const DomainConfig& config) {
  std::string text;
  for (const UsbDevice& device : UsbPorts(config).devices())
    text += fmt::format("{}{}:{}", text.empty() ? "" : " ", device.port, device.name);
  return text;
}
std::string named(const std::string& words) {
  return plugged(config("(usbdevice '" + words + "')"));
}

std::string refusal(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& e) {
    return e.what();
  }
  return "no refusal";
}

void add(DomainConfig& config, const std::string& name) {
  UsbPorts ports(config);
  ports.plug(parse_usb_device(name).value());
  ports.write_to(config);
}
void remove(DomainConfig& config, const std::string& name) {
  UsbPorts ports(config);
  ports.pull(parse_usb_device(name).value());
  ports.write_to(config);
}

TEST(UsbPorts, WordsAreInTheOrderOfThePorts) {
  EXPECT_EQ(plugged(config("")), "");
  EXPECT_EQ(named(""), "");
  EXPECT_EQ(named("tablet"), "1:tablet");
  EXPECT_EQ(named("tablet,host:1.7"), "1:tablet 2:host:1.7");
  EXPECT_EQ(named(",mouse"), "2:mouse");
  EXPECT_EQ(named("tablet,"), "1:tablet");
  EXPECT_EQ(named("tablet,tablet"), "1:tablet 2:tablet");
  EXPECT_EQ(plugged(config("(usbdevice (mouse keyboard))")), "1:mouse 2:keyboard");
}

TEST(UsbPorts, WhatIsNoUsbDeviceTakesNoPort) {
  EXPECT_EQ(named("disk:/a,serial::x,tablet,braille,mouse"), "1:tablet 2:mouse");
  EXPECT_EQ(named("disk:/a,,mouse"), "2:mouse");
}

TEST(UsbPorts, ThereAreTwo) {
  EXPECT_EQ(refusal([] { named("tablet,mouse,keyboard"); }),
            "g cannot have the USB device keyboard: its USB controller has 2 ports, with tablet at port 1 and mouse at "
            "port 2.\nTake one out of its usbdevice, which is 'tablet,mouse,keyboard'.");
  EXPECT_EQ(refusal([] { named(",,mouse"); }),
            "g cannot have the USB device mouse: its USB controller has 2 ports, with nothing at port 1 and nothing at "
            "port 2.\nTake one out of its usbdevice, which is ',,mouse'.");
}

TEST(UsbPorts, ControllersAreAskedForOrComeWithADevice) {
  EXPECT_FALSE(has_usb(config("")));
  EXPECT_FALSE(has_usb(config("(usb 0) (usbdevice '')")));
  EXPECT_FALSE(has_usb(config("(usbdevice ',')")));
  EXPECT_TRUE(has_usb(config("(usb 1)")));
  EXPECT_TRUE(has_usb(config("(usb 0) (usbdevice tablet)")));
}

TEST(UsbPorts, OnesThatComeTakeTheFirstFreePort) {
  auto c = config("(usb 1)");
  add(c, "tablet");
  EXPECT_EQ(plugged(c), "1:tablet");
  add(c, "mouse");
  EXPECT_EQ(plugged(c), "1:tablet 2:mouse");
  EXPECT_EQ(refusal([&] { add(c, "keyboard"); }),
            "g cannot have the USB device keyboard: its USB controller has 2 ports, with tablet at port 1 and mouse at "
            "port 2.\nxm usb-del g mouse frees one.");
  remove(c, "tablet");
  EXPECT_EQ(plugged(c), "2:mouse");  // it does not move
  add(c, "host:046d:c52b");
  EXPECT_EQ(plugged(c), "1:host:046d:c52b 2:mouse");
}

TEST(UsbPorts, OneIsNotPluggedInTwice) {
  auto c = config("(usbdevice ',kbd')");
  EXPECT_EQ(refusal([&] { add(c, "keyboard"); }),
            "g has the USB device kbd already.\nIt is at port 2 of its USB controller.");
  EXPECT_EQ(refusal([&] { remove(c, "tablet"); }),
            "g has no USB device tablet: its USB controller has 2 ports, with nothing at port 1 and kbd at port 2.");
  remove(c, "keyboard");
  EXPECT_EQ(plugged(c), "");
}

// With the last device of a guest whose file says nothing of usb the controller would be gone, too, from the machine
// that takes its state over.
TEST(UsbPorts, TheControllerStays) {
  auto c = config("(usbdevice tablet)");
  remove(c, "tablet");
  EXPECT_EQ(c.image.platform_value("usbdevice"), "");
  EXPECT_TRUE(has_usb(c));
}

// The text is what goes into save images, to other hosts, and into the notes of the daemon.
TEST(UsbPorts, TheConfigurationKeepsThem) {
  auto c = config("(vnc 1) (nomigrate 0)");
  add(c, "tablet");
  add(c, "mouse");
  remove(c, "tablet");
  EXPECT_EQ(c.image.platform_value("usbdevice"), ",mouse");
  DomainState state;
  state.config = c;
  state.name = c.name;
  const std::string text = sxp::to_string(domain_sxp(state, std::nullopt, {}));
  EXPECT_THAT(text, testing::ContainsRegex(R"(\(usbdevice ',mouse'\).*\(vnc 1\).*\(usb 1\))"));
  EXPECT_EQ(plugged(DomainConfig::parse(sxp::parse_one(text))), "2:mouse");
}

}  // namespace
}  // namespace xend
