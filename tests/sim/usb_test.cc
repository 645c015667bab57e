// USB devices that come to running HVM guests and leave them (spec xm-cli 2.7), and what becomes of them when the guest
// reboots, is saved, moves, or gets another daemon: the device model of every machine that takes the guest over must
// have the same devices at the same ports.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/sim/managed.h"
#include "xend/domain/save.h"
#include "xend/relocation/sender.h"

namespace sim {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

class Usb : public Managed {
 protected:
  // Starts a guest called pc; the text of the error, or "".
  std::string start(const std::string& keys) {
    return error_of([&] {
      const auto domain = xend::create_domain(*host.host, sxp::parse_one(config_of(keys)));
      xend::wait_for_devices(*domain);
      xend::unpause_domain(*host.host, *domain);
    });
  }
  static std::string config_of(const std::string& keys) {
    return "(vm (name pc) (uuid " + std::string(kUuid) + ") (memory 64) (image (hvm (kernel hvmloader) (boot c) " +
           keys + ")))";
  }
  std::string add(const std::string& device) { return fault("usb_add", {"pc", device}); }
  std::string remove(const std::string& device) { return fault("usb_del", {"pc", device}); }
  static std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

  // What its device model has, and what its configuration says of it.
  std::string plugged() { return plugged(host); }
  static std::string plugged(SimHost& at) {
    return at.device_models.usb_of(at.host->domains.get("pc")->running_domid());
  }
  std::string configured() { return guest("pc")->state().config.image.platform_value("usbdevice").value_or("nothing"); }
};

TEST_F(Usb, TheyComeAndGo) {
  EXPECT_EQ(start("(usb 1)"), "");
  EXPECT_EQ(add("tablet"), "");
  EXPECT_EQ(add("mouse"), "");
  EXPECT_EQ(plugged(), "1:tablet 2:mouse");
  EXPECT_EQ(configured(), "tablet,mouse");
  EXPECT_EQ(remove("tablet"), "");
  EXPECT_EQ(plugged(), "2:mouse");
  EXPECT_EQ(configured(), ",mouse");
  EXPECT_EQ(add("host:046d:c52b"), "");
  EXPECT_EQ(plugged(), "1:host:046d:c52b 2:mouse");
}

TEST_F(Usb, ThoseOfItsFileAreAtThePortsInTheirOrder) {
  EXPECT_EQ(start("(usbdevice tablet)"), "");
  EXPECT_EQ(add("keyboard"), "");
  EXPECT_EQ(plugged(), "1:tablet 2:keyboard");
  EXPECT_EQ(remove("tablet"), "");
  EXPECT_EQ(plugged(), "2:keyboard");
}

TEST_F(Usb, WhatIsRefused) {
  host.start_guest("TestGuest");
  EXPECT_EQ(fault("usb_add", {"TestGuest", "host:1.2"}), "Can't add usb device to a non-hvm guest");
  EXPECT_EQ(fault("usb_del", {"TestGuest", "host:1.2"}), "Can't del usb to a non-hvm guest");
  EXPECT_EQ(start(""), "");
  EXPECT_EQ(add("host:1.2"), "Can't add usb device to a guest with usb disabled in configure file");
  xend::destroy_domain(*host.host, guest("pc"));
  EXPECT_EQ(start("(usb 1) (usbdevice tablet)"), "");
  EXPECT_EQ(first_line(add("disk:/etc/shadow")), "There is no USB device 'disk:/etc/shadow'.");
  EXPECT_EQ(first_line(add("host:0:0")), "There is no USB device 'host:0:0'.");
  EXPECT_EQ(first_line(add("tablet")), "pc has the USB device tablet already.");
  EXPECT_THAT(remove("host:1.2"), StartsWith("pc has no USB device host:1.2: its USB controller has 2 ports, with "
                                             "tablet at port 1 and nothing at port 2."));
  EXPECT_EQ(plugged(), "1:tablet");
}

TEST_F(Usb, AThirdOneIsRefused) {
  EXPECT_EQ(start("(usb 1) (usbdevice 'tablet,mouse')"), "");
  EXPECT_EQ(
      add("keyboard"),
      "pc cannot have the USB device keyboard: its USB controller has 2 ports, with tablet at port 1 and mouse at "
      "port 2.\nxm usb-del pc mouse frees one.");
  EXPECT_EQ(plugged(), "1:tablet 2:mouse");
  xend::destroy_domain(*host.host, guest("pc"));
  EXPECT_THAT(start("(usbdevice 'tablet,mouse,keyboard')"),
              HasSubstr("\nTake one out of its usbdevice, which is 'tablet,mouse,keyboard'."));
  EXPECT_EQ(host.list(), "");
}

// What the daemon noted before it asked is taken back, in the machine and on disk.
TEST_F(Usb, OneThatTheDeviceModelCannotTakeLeavesNothing) {
  EXPECT_EQ(start("(usb 1) (usbdevice ',mouse')"), "");
  host.device_models.cannot_take("host:1234:5678");
  EXPECT_EQ(add("host:1234:5678"), "the device model cannot take host:1234:5678");
  EXPECT_EQ(plugged(), "2:mouse");
  EXPECT_EQ(configured(), ",mouse");
  host.restart_daemon();
  EXPECT_EQ(configured(), ",mouse");
  EXPECT_EQ(add("tablet"), "");
  EXPECT_EQ(plugged(), "1:tablet 2:mouse");
}

// A device that the machine has and the configuration does not would keep the guest from coming back; the other way
// round it does no harm.
TEST_F(Usb, OneOfWhichNobodyKnowsWhetherItIsThereStaysNoted) {
  EXPECT_EQ(start("(usb 1)"), "");
  host.device_models.die_when_asked("add usb1");
  EXPECT_EQ(add("tablet"), "the device model does not answer");
  EXPECT_EQ(configured(), "tablet");
  host.restart_daemon();
  EXPECT_EQ(configured(), "tablet");
}

TEST_F(Usb, OneThatDoesNotLeaveStaysNoted) {
  EXPECT_EQ(start("(usb 1) (usbdevice tablet)"), "");
  host.device_models.die_when_asked("remove usb1");
  EXPECT_EQ(remove("tablet"), "the device model does not answer");
  EXPECT_EQ(configured(), "tablet");
}

// ---- where the guest goes

TEST_F(Usb, TheyAreWhereTheyWereWhenASavedGuestComesBack) {
  const std::string image = host.folder / "image";
  EXPECT_EQ(start("(usbdevice tablet)"), "");
  const auto comes_back = [&] {
    xend::save_domain(*host.host, guest("pc"), image, false);
    xend::restore_domain(*host.host, image, false);
    return plugged();
  };
  EXPECT_EQ(comes_back(), "1:tablet");
  add("mouse");
  EXPECT_EQ(comes_back(), "1:tablet 2:mouse");
  remove("tablet");
  EXPECT_EQ(comes_back(), "2:mouse");
  add("keyboard");
  EXPECT_EQ(comes_back(), "1:keyboard 2:mouse");
  remove("keyboard");
  remove("mouse");
  EXPECT_EQ(comes_back(), "");
  EXPECT_EQ(add("tablet"), "");  // the controller, which nothing but the first device had asked for, is still there
}

TEST_F(Usb, TheyMoveToAnotherHost) {
  SimHost other;
  EXPECT_EQ(start("(usb 1)"), "");
  add("tablet");
  add("mouse");
  remove("tablet");
  xend::relocate_domain(
      *host.host, guest("pc"),
      {.destination = "127.0.0.1", .live = true, .port = other.listen(), .ssl = false, .rate_mbit = 0});
  EXPECT_EQ(plugged(other), "2:mouse");
}

TEST_F(Usb, TheNextDaemonKnowsThem) {
  EXPECT_EQ(start("(usb 1)"), "");
  add("tablet");
  add("mouse");
  remove("tablet");
  host.restart_daemon();
  EXPECT_EQ(configured(), ",mouse");
  EXPECT_EQ(add("keyboard"), "");
  EXPECT_EQ(plugged(), "1:keyboard 2:mouse");
}

TEST_F(Usb, TheyAreThereAfterAReboot) {
  EXPECT_EQ(start("(usb 1)"), "");
  add("tablet");
  add("mouse");
  remove("tablet");
  started_ago("pc", 100);
  const auto before = guest("pc")->running_domid();
  host.xen.guest_shuts_down(before, xc::ShutdownReason::kReboot);
  EXPECT_TRUE(eventually([&] {
    const auto again = host.host->domains.find("pc");
    return again && again->domid().value_or(before) != before && host.device_models.runs(again->running_domid());
  }));
  EXPECT_EQ(plugged(), "2:mouse");
}

// QEMU takes up one that is named by its product, wherever it finds it.
TEST_F(Usb, AGuestWithAPlaceOnThisHostStaysThere) {
  EXPECT_EQ(start("(usb 1)"), "");
  add("host:1.7");
  const auto save = [&] {
    return error_of([&] { xend::save_domain(*host.host, guest("pc"), host.folder / "image", false); });
  };
  EXPECT_EQ(save(),
            "Migration not permitted with assigned USB device.\nDomain pc cannot be saved with host:1.7, which is a "
            "place on this host: xm usb-del pc host:1.7 takes it away. By its product, host:VENDOR:PRODUCT, it could "
            "come along.");
  EXPECT_EQ(host.list(), "pc -b----");
  remove("host:1.7");
  add("host:046d:c52b");
  EXPECT_EQ(save(), "");
  xend::restore_domain(*host.host, host.folder / "image", false);
  EXPECT_EQ(plugged(), "1:host:046d:c52b");
}

// ---- managed domains

TEST_F(Usb, OnesOfAManagedDomainAreInItsFile) {
  EXPECT_EQ(fault("new", {rpc::from_sxp(sxp::parse_one(config_of("(usb 1)")))}), "");
  EXPECT_EQ(add("tablet"), "");  // at rest
  EXPECT_EQ(first_line(add("tablet")), "pc has the USB device tablet already.");
  EXPECT_THAT(file(), HasSubstr("(usbdevice tablet)"));
  call("start", {"pc", false});
  EXPECT_EQ(add("mouse"), "");
  EXPECT_THAT(file(), HasSubstr("(usbdevice 'tablet,mouse')"));
  EXPECT_EQ(remove("tablet"), "");
  EXPECT_THAT(file(), HasSubstr("(usbdevice ',mouse')"));
  call("suspend", {"pc"});
  call("resume", {"pc", false});
  EXPECT_EQ(plugged(), "2:mouse");
  call("destroy", {"pc"});
  EXPECT_EQ(remove("mouse"), "");
  EXPECT_THAT(file(), Not(HasSubstr("mouse")));
}

}  // namespace
}  // namespace sim
