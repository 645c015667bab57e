// Which domains get a device model, and what it is to be: spec domain-lifecycle 11, guest-config 4.5 and 5.4,
// xend-config 4.6.
#include "xend/domain/device_model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "sxp/parser.h"
#include "tests/unit/xend/helpers/temporary_folder.h"
#include "xend/error.h"

namespace xend {
namespace {

using testing::ElementsAre;
using testing::MatchesRegex;

constexpr const char* kQemu = "/usr/libexec/xen-qemu-system-i386";

class DeviceModelOf : public testing::Test {
 protected:
  DeviceModelOf() {
    const auto file = root_.path() / (kQemu + 1);
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file) << "qemu";
  }

  static DomainConfig config(const std::string& image, const std::string& devices = "") {
    DomainConfig parsed =
        DomainConfig::parse(sxp::parse_one("(vm (name g) (memory 256) (maxmem 512) (vcpus 2) (image " + image + "))"));
    unsigned id = 768;
    for (const auto& element : sxp::parse_all(devices))
      parsed.devices.push_back({std::string(sxp::head(element)), sxp::is_element(element, "vif") ? 1 : id++, element});
    return parsed;
  }
  std::optional<DeviceModelPlan> plan(const std::string& image, const std::string& devices = "") const {
    return plan_device_model(config(image, devices), 5, options_, programs_);
  }
  // Of an HVM guest.
  DeviceModelPlan hvm(const std::string& keys, const std::string& devices = "") const {
    return plan("(hvm (kernel hvmloader) (boot c) " + keys + ")", devices).value();
  }
  std::string refusal(const std::string& keys, const std::string& devices = "") const {
    try {
      hvm(keys, devices);
    } catch (const Error& e) {
      return e.what();
    }
    return "no refusal";
  }

  test::TemporaryFolder root_;
  Programs programs_{root_.path()};
  Options options_;
};

constexpr const char* kPv = "(linux (kernel /k))";

TEST_F(DeviceModelOf, GuestsWithoutAMachineOrScreenNeedNone) {
  EXPECT_FALSE(plan(kPv));
  EXPECT_FALSE(plan(kPv, "(vif (bridge b)) (vbd (uname phy:/dev/a) (dev xvda)) (tap (uname tap:aio:/a) (dev xvdb))"));
  EXPECT_FALSE(plan("(linux (kernel /k) (type pvh))"));
}

TEST_F(DeviceModelOf, OthersDo) {
  EXPECT_EQ(hvm("").type, xc::GuestType::kHvm);
  EXPECT_EQ(plan(kPv, "(vfb (vnc 1))").value().type, xc::GuestType::kPv);
  EXPECT_TRUE(plan(kPv, "(tap (uname tap:qcow2:/a.qcow2) (dev xvda))"));
}

TEST_F(DeviceModelOf, WhatItsConfigurationSays) {
  const DeviceModelPlan p =
      hvm("(device_model /usr/lib/xen/bin/qemu-dm) (acpi 0) (localtime 1) (stdvga 1) (xen_platform_pci 0) (serial pty)"
          " (parallel none) (usbdevice 'tablet,host:1.2') (soundhw 'sb16,es1370') (keymap de)");
  EXPECT_EQ(p.program, kQemu);
  EXPECT_EQ(p.domid, 5);
  EXPECT_EQ(p.name, "g");
  EXPECT_EQ(p.memory, xc::MiB{512});
  EXPECT_EQ(p.vcpus, 2U);
  EXPECT_EQ(p.boot, "c");
  EXPECT_EQ(p.kernel, "");
  EXPECT_FALSE(p.acpi);
  EXPECT_TRUE(p.local_time);
  EXPECT_TRUE(p.standard_vga);
  EXPECT_FALSE(p.platform_pci);
  EXPECT_EQ(p.serial, "pty");
  EXPECT_EQ(p.parallel, "none");
  EXPECT_TRUE(p.usb);
  ASSERT_EQ(p.usb_devices.size(), 2U);
  EXPECT_EQ(p.usb_devices[0].name, "tablet");
  EXPECT_EQ(p.usb_devices[1].name, "host:1.2");
  EXPECT_EQ(p.usb_devices[1].port, 2U);
  EXPECT_THAT(p.sound, ElementsAre("sb16", "es1370"));
  EXPECT_EQ(p.keymap, "de");
  EXPECT_FALSE(p.vnc);
}

TEST_F(DeviceModelOf, WhatItIsWithoutAWord) {
  const DeviceModelPlan p = plan("(hvm (kernel /usr/lib/xen/boot/hvmloader))").value();
  EXPECT_EQ(p.program, kQemu);
  EXPECT_EQ(p.boot, "c");
  EXPECT_TRUE(p.acpi);
  EXPECT_TRUE(p.platform_pci);
  EXPECT_FALSE(p.usb || p.standard_vga || p.local_time);
}

TEST_F(DeviceModelOf, AKernelOfItsOwnIsForQemu) {
  const DeviceModelPlan p = plan("(hvm (kernel /k) (ramdisk /r) (args quiet) (boot c))").value();
  EXPECT_EQ(p.kernel, "/k");
  EXPECT_EQ(p.ramdisk, "/r");
  EXPECT_EQ(p.cmdline, "quiet");
}

TEST_F(DeviceModelOf, AProgramThatIsMissingIsRefused) {
  EXPECT_EQ(refusal("(device_model /opt/qemu)"), "The device model /opt/qemu does not exist.");
}

// ---- the screen

TEST_F(DeviceModelOf, AScreenOfAnHvmGuest) {
  const VncDisplay vnc = hvm("(vnc 1)").vnc.value();
  EXPECT_EQ(vnc.listen, "127.0.0.1");
  EXPECT_EQ(vnc.display, 0U);
  EXPECT_TRUE(vnc.next_free);
  EXPECT_EQ(vnc.password, "");
  EXPECT_EQ(vnc.certificates, "");
  EXPECT_FALSE(hvm("(vnc 0)").vnc);
}

TEST_F(DeviceModelOf, AFrameBufferThatSaysNothingIsShownByVnc) {
  EXPECT_TRUE(plan(kPv, "(vfb)").value().vnc);
  EXPECT_TRUE(plan(kPv, "(vfb (vnc 1))").value().vnc);
  EXPECT_FALSE(plan(kPv, "(vfb (vnc 0))").value().vnc);
  EXPECT_FALSE(plan(kPv, "(vfb (sdl 1))").value().vnc);
}

TEST_F(DeviceModelOf, TheFrameBufferWinsOverTheImageAndThatOverXend) {
  options_.vnc_listen = "192.0.2.1";
  options_.vncpasswd = "of-xend";
  options_.keymap = "fr";
  auto p = hvm("(vnc 1)");
  EXPECT_EQ(p.vnc->listen, "192.0.2.1");
  EXPECT_EQ(p.vnc->password, "of-xend");
  EXPECT_EQ(p.keymap, "fr");
  p = hvm("(vnc 1) (vnclisten 192.0.2.2) (vncpasswd of-image) (vncdisplay 3) (vncunused 0) (keymap de)");
  EXPECT_EQ(p.vnc->listen, "192.0.2.2");
  EXPECT_EQ(p.vnc->password, "of-image");
  EXPECT_EQ(p.vnc->display, 3U);
  EXPECT_FALSE(p.vnc->next_free);
  EXPECT_EQ(p.keymap, "de");
  p = hvm("(vnc 1) (vnclisten 192.0.2.2) (vncpasswd of-image) (vncdisplay 3) (keymap de)",
          "(vfb (vnc 1) (vnclisten 192.0.2.3) (vncpasswd of-vfb) (vncdisplay 4) (keymap es))");
  EXPECT_EQ(p.vnc->listen, "192.0.2.3");
  EXPECT_EQ(p.vnc->password, "of-vfb");
  EXPECT_EQ(p.vnc->display, 4U);
  EXPECT_EQ(p.keymap, "es");
}

TEST_F(DeviceModelOf, AnEmptyPasswordIsNoneAndNotTheDaemons) {
  options_.vncpasswd = "of-xend";
  EXPECT_EQ(hvm("(vnc 1) (vncpasswd '')").vnc->password, "");
}

TEST_F(DeviceModelOf, DisplaysThatCannotBe) {
  EXPECT_EQ(refusal("(vnc 1) (vncdisplay -1)"), "vncdisplay -1 is not a VNC display: 0 to 59635 are.");
  EXPECT_EQ(refusal("(vnc 1) (vncdisplay 59636)"), "vncdisplay 59636 is not a VNC display: 0 to 59635 are.");
  EXPECT_EQ(hvm("(vnc 1) (vncdisplay 59635)").vnc->display, 59635U);
  EXPECT_EQ(hvm("(vnc 1) (vncdisplay '')").vnc->display, 0U);
}

TEST_F(DeviceModelOf, CertificatesHaveToBeThere) {
  options_.vnc_tls = true;
  options_.vnc_x509_cert_dir = root_.path() / "certificates";
  EXPECT_THAT(refusal("(vnc 1)"),
              MatchesRegex("invalid xend config vnc-x509-cert-dir: directory '.*/certificates' does not exist"));
  EXPECT_EQ(refusal("(vnc 0)"), "no refusal");
  std::filesystem::create_directory(options_.vnc_x509_cert_dir);
  options_.vnc_x509_verify = true;
  EXPECT_EQ(hvm("(vnc 1)").vnc->certificates, options_.vnc_x509_cert_dir);
  EXPECT_TRUE(hvm("(vnc 1)").vnc->verify_viewers);
}

// ---- its devices

TEST_F(DeviceModelOf, FloppiesHaveToBeThere) {
  const std::string image = root_.path() / "floppy.img";
  std::ofstream(image) << "boot";
  EXPECT_THAT(hvm("(fda '') (fdb " + image + ")").floppies, ElementsAre("", image));
  EXPECT_EQ(refusal("(fda /nowhere.img)"), "Floppy file /nowhere.img does not exist.");
  EXPECT_EQ(refusal("(fda floppy.img)"), "Floppy file floppy.img does not exist.");
}

TEST_F(DeviceModelOf, DisksThatAPcCanSee) {
  const auto p = hvm("",
                     "(vbd (uname phy:/dev/a) (dev hda) (mode w)) (vbd (uname file:/cd.iso) (dev hdc:cdrom) (mode r))"
                     "(tap (uname tap:qcow2:/q) (dev ioemu:hdb:disk) (mode w)) (vbd (dev hdd:cdrom) (mode r))"
                     "(vbd (uname phy:/dev/s) (dev sdb) (mode r)) (vbd (uname phy:/dev/e) (dev xvde) (mode w))"
                     "(vbd (uname phy:/dev/p) (dev hda1) (mode w)) (vbd (uname nbd:server) (dev sdc) (mode w))");
  ASSERT_EQ(p.disks.size(), 5U);
  EXPECT_EQ(p.disks[0].path, "/dev/a");
  EXPECT_EQ(p.disks[0].format, "raw");
  EXPECT_TRUE(p.disks[0].writable);
  EXPECT_EQ(p.disks[0].device_id, 768U);
  EXPECT_TRUE(p.disks[1].cdrom);
  EXPECT_EQ(p.disks[1].unit, 2U);
  EXPECT_EQ(p.disks[2].path, "/q");
  EXPECT_EQ(p.disks[2].format, "qcow2");
  EXPECT_EQ(p.disks[2].unit, 1U);
  EXPECT_EQ(p.disks[3].path, "");
  EXPECT_TRUE(p.disks[3].cdrom);
  EXPECT_TRUE(p.disks[4].scsi);
  EXPECT_EQ(p.disks[4].unit, 1U);
  EXPECT_FALSE(p.disks[4].writable);
}

TEST_F(DeviceModelOf, AUsbDeviceTooManyIsRefused) {
  EXPECT_THAT(refusal("(usbdevice 'tablet,mouse,keyboard')"),
              testing::StartsWith("g cannot have the USB device keyboard: its USB controller has 2 ports, "));
  EXPECT_TRUE(hvm("(usb 1)").usb);
  EXPECT_TRUE(hvm("(usbdevice tablet)").usb);
  EXPECT_EQ(hvm("(usbdevice ',tablet')").usb_devices[0].port, 2U);
}

// QEMU ends at once when an IDE disk is to be read only.
TEST_F(DeviceModelOf, AReadOnlyIdeDiskIsLeftToTheGuestsDrivers) {
  EXPECT_TRUE(hvm("", "(vbd (uname phy:/dev/a) (dev hda) (mode r))").disks.empty());
  EXPECT_TRUE(hvm("", "(vbd (uname phy:/dev/a) (dev xvda))").disks.empty());
}

TEST_F(DeviceModelOf, CardsOfItsInterfaces) {
  const auto cards = [&](const std::string& vif) { return hvm("", "(vif (mac 00:16:3e:00:00:01)" + vif + ")").nics; };
  ASSERT_EQ(cards("(type ioemu)").size(), 1U);
  EXPECT_EQ(cards("(type ioemu)")[0].model, "rtl8139");
  EXPECT_EQ(cards("(type ioemu)")[0].mac, "00:16:3e:00:00:01");
  EXPECT_EQ(cards("(type ioemu)")[0].tap, "vif5.1-emu");
  EXPECT_EQ(cards("(type ioemu) (model e1000)")[0].model, "e1000");
  EXPECT_TRUE(cards("(type netfront)").empty());
  EXPECT_EQ(refusal("", "(vif (type ioemu) (model 'e1000,netdev=x'))"),
            "model \"e1000,netdev=x\" of a vif is not the name of a network card.");
}

TEST_F(DeviceModelOf, MemoryOfItsGraphicsCard) {
  const auto video = [&](const std::string& keys) {
    return video_memory(config("(hvm (kernel hvmloader) (boot c) " + keys + ")")).value;
  };
  EXPECT_EQ(video(""), 8U);
  EXPECT_EQ(video("(videoram 4)"), 8U);
  EXPECT_EQ(video("(videoram 9)"), 16U);
  EXPECT_EQ(video("(stdvga 1)"), 16U);
  EXPECT_EQ(video("(stdvga 1) (videoram 32)"), 32U);
  EXPECT_EQ(video("(videoram 100000)"), 256U);
  EXPECT_EQ(video("(videoram -4)"), 8U);
  EXPECT_EQ(video_memory(config("(linux (kernel /k) (videoram 32))")).value, 0U);
}

}  // namespace
}  // namespace xend
