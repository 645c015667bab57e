// The nodes of devices, key by key: spec domain-lifecycle 9.1 and 9.2, and what clients see of them.
#include <cerrno>

#include "tests/unit/xend/devices/fixture.h"

namespace xend {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;
using testing::StartsWith;
using testing::UnorderedElementsAre;

using Nodes = std::map<std::string, std::string>;
using Write = DevicesTest;
using Describe = DevicesTest;

TEST_F(Write, Disk) {
  owner.protocol = "x86_64-abi";
  write("(vbd (uname file:" + folder.file("a.img") + ") (dev xvda) (mode w) (uuid u-1))");
  EXPECT_EQ(below(kVbd), (Nodes{{"domain", "web1"},
                                {"frontend", kVbdFront},
                                {"frontend-id", "5"},
                                {"state", "1"},
                                {"online", "1"},
                                {"dev", "xvda"},
                                {"type", "file"},
                                {"params", folder.path("a.img")},
                                {"mode", "w"},
                                {"uuid", "u-1"},
                                {"bootable", "1"}}));
  EXPECT_EQ(below(kVbdFront), (Nodes{{"backend", kVbd},
                                     {"backend-id", "0"},
                                     {"state", "1"},
                                     {"protocol", "x86_64-abi"},
                                     {"virtual-device", "51712"},
                                     {"device-type", "disk"}}));
  EXPECT_EQ(below(kVm), (Nodes{{"device", ""},
                               {"device/vbd", ""},
                               {"device/vbd/51712", ""},
                               {"device/vbd/51712/backend", kVbd},
                               {"device/vbd/51712/backend-id", "0"},
                               {"device/vbd/51712/frontend", kVbdFront},
                               {"device/vbd/51712/frontend-id", "5"}}));
}

TEST_F(Write, TapIsAVbdToXenAndATapToXend) {
  write("(tap (uname tap:aio:" + folder.file("a.img") + ") (dev xvda) (mode r) (protocol x86_32-abi))");
  EXPECT_EQ(read(kVbd + "/type"), "file");
  EXPECT_EQ(read(kVbd + "/params"), folder.path("a.img"));
  EXPECT_EQ(read(kVbdFront + "/protocol"), "x86_32-abi");
  EXPECT_EQ(read(kVm + "/device/tap/51712/backend"), kVbd);
}

TEST_F(Write, ExtendedNumberAndCdrom) {
  write("(vbd (uname '') (dev xvdq:cdrom))");
  const std::string front = "/local/domain/5/device/vbd/268439552";
  EXPECT_EQ(read(front + "/virtual-device-ext"), "268439552");
  EXPECT_EQ(read(front + "/virtual-device"), "(none)");
  EXPECT_EQ(read(front + "/device-type"), "cdrom");
  EXPECT_EQ(read("/local/domain/0/backend/vbd/5/268439552/params"), "");
}

TEST_F(Write, NetworkInterface) {
  write(
      "(vif (mac 00:16:3e:1f:aa:02) (bridge xenbr0) (ip '10.0.0.1 10.0.0.2') (vifname web) (rate 10Mb/s) (model e1000)"
      " (type netfront) (uuid u-2) (policy p))");
  EXPECT_EQ(below(kVif), (Nodes{{"domain", "web1"},
                                {"frontend", kVifFront},
                                {"frontend-id", "5"},
                                {"state", "1"},
                                {"online", "1"},
                                {"script", "/etc/xen/scripts/vif-bridge"},
                                {"mac", "00:16:3e:1f:aa:02"},
                                {"handle", "0"},
                                {"bridge", "xenbr0"},
                                {"ip", "10.0.0.1 10.0.0.2"},
                                {"vifname", "web"},
                                {"rate", "62500,50000"},
                                {"model", "e1000"},
                                {"type", "netfront"},
                                {"uuid", "u-2"}}));
  EXPECT_EQ(
      below(kVifFront),
      (Nodes{{"backend", kVif}, {"backend-id", "0"}, {"state", "1"}, {"handle", "0"}, {"mac", "00:16:3e:1f:aa:02"}}));
  EXPECT_EQ(read("/local/domain/5/device-misc/vif/nextDeviceID"), "1");
}

TEST_F(Write, CounterOnlyGrows) {
  store.write("/local/domain/5/device-misc/vif/nextDeviceID", "7");
  write("(vif)");
  EXPECT_EQ(read("/local/domain/5/device-misc/vif/nextDeviceID"), "7");
}

TEST_F(Write, TheDriverBesideAnEmulatedCardHasItsAddress) {
  write("(vif (type ioemu) (mac 00:16:3e:1f:aa:02))");
  EXPECT_EQ(read(kVifFront + "/mac"), "00:16:3e:1f:aa:02");
}

TEST_F(Write, AFrameBufferKeepsItsPasswordFromTheGuest) {
  write("(vfb (vnc 1) (vncpasswd secret) (vnclisten 0.0.0.0))");
  const Nodes back = below("/local/domain/0/backend/vfb/5/0");
  EXPECT_EQ(back.at("vnclisten"), "0.0.0.0");
  for (const auto& [key, value] : back) EXPECT_NE(value, "secret") << key;
}

TEST_F(Write, AnImageThatQemuServesHasItsBackendThere) {
  const std::string image = folder.file("a.qcow2");
  write("(tap (uname tap:qcow2:" + image + ") (dev xvda) (mode w))");
  EXPECT_EQ(read("/local/domain/5/device/vbd/51712/backend"), "/local/domain/0/backend/qdisk/5/51712");
  EXPECT_EQ(read("/local/domain/0/backend/qdisk/5/51712/params"), "qcow2:" + image);
  EXPECT_EQ(read("/local/domain/0/backend/qdisk/5/51712/device-type"), "disk");
}

TEST_F(Write, Console) {
  write("(console (protocol vt100) (location 3) (uuid u-3))");
  EXPECT_EQ(below("/local/domain/0/backend/console/5/0"), (Nodes{{"domain", "web1"},
                                                                 {"frontend", "/local/domain/5/device/console/0"},
                                                                 {"frontend-id", "5"},
                                                                 {"state", "1"},
                                                                 {"online", "1"},
                                                                 {"location", "3"},
                                                                 {"uuid", "u-3"},
                                                                 {"protocol", "vt100"}}));
  EXPECT_EQ(below("/local/domain/5/device/console/0"),
            (Nodes{{"backend", "/local/domain/0/backend/console/5/0"}, {"backend-id", "0"}, {"state", "1"}}));
}

TEST_F(Write, EachSideOwnsItsDirectoryAndTheOtherReads) {
  write(disk());
  for (const std::string& path : {kVbd, kVbd + "/params"}) {
    const xc::Permissions p = store.permissions(path);
    EXPECT_EQ(p.owner, 0U) << path;
    EXPECT_EQ(p.others, xc::Permissions::kNone);
    ASSERT_EQ(p.grants.size(), 1U);
    EXPECT_EQ(p.grants[0].domid, 5U);
    EXPECT_EQ(p.grants[0].access, xc::Permissions::kRead);
  }
  for (const std::string& path : {kVbdFront, kVbdFront + "/state"}) {
    const xc::Permissions p = store.permissions(path);
    EXPECT_EQ(p.owner, 5U) << path;
    EXPECT_EQ(p.others, xc::Permissions::kNone);
    ASSERT_EQ(p.grants.size(), 1U);
    EXPECT_EQ(p.grants[0].domid, 0U);
    EXPECT_EQ(p.grants[0].access, xc::Permissions::kRead);
  }
  EXPECT_EQ(store.permissions(kVm + "/device/vbd/51712/backend").owner, 0U);
  EXPECT_THAT(store.permissions(kVm + "/device/vbd/51712/backend").grants, IsEmpty());
}

TEST_F(Write, AllDevicesInOneTransaction) {
  const Device a = complete(disk()), b = complete("(vif)", {a});
  store.conflict_next(2);
  devices.write(owner, {a, b});
  const auto calls = store.calls();
  EXPECT_EQ(std::count(calls.begin(), calls.end(), "commit"), 3);
  EXPECT_EQ(read(kVbd + "/state"), "1");
  EXPECT_EQ(read(kVif + "/state"), "1");
}

TEST_F(Write, AllOrNothing) {
  const Device a = complete(disk()), b = complete("(vif)", {a});
  store.fail_next("write", ENOSPC, kVif + "/mac");
  EXPECT_THAT(error_of([&] {
                devices.write(owner, {a, b});
              }),
              StartsWith("The devices of domain web1 could not be written to xenstore: "));
  EXPECT_THAT(store.tree("/local"), IsEmpty());
}

TEST_F(Write, MissingImageIsSaidBeforeAnythingIsWritten) {
  EXPECT_EQ(error_of([&] { write("(vbd (uname file:/nowhere/a.img) (dev xvda))"); }),
            "Disk image does not exist: /nowhere/a.img");
  EXPECT_THAT(store.calls(), IsEmpty());
}

TEST_F(Write, SameDeviceTwice) {
  const Device device = write(disk());
  EXPECT_EQ(error_of([&] { devices.write(owner, {device}); }), "Device xvda (51712, vbd) is already connected.");
  EXPECT_EQ(error_of([&] { write("(tap (uname tap:aio:" + folder.file("b.img") + ") (dev xvda))"); }),
            "Device xvda (51712, tap) is already connected.");
  write("(vif)");
  EXPECT_EQ(error_of([&] { write("(vif)"); }), "Device 0 (vif) is already connected.");
}

TEST_F(Write, LeftoversOfAnOlderDomainAreSweptAway) {
  store.write(kVbd + "/node", "/dev/loop3");
  store.write(kVbdFront + "/event-channel", "9");
  write(disk());
  EXPECT_EQ(read(kVbd + "/node"), "(none)");
  EXPECT_EQ(read(kVbdFront + "/event-channel"), "(none)");
}

TEST_F(Describe, Disk) {
  const Device device = write(disk());
  EXPECT_EQ(sxp::to_string(devices.describe(owner, device)),
            "(vbd (uname file:" + folder.path("disk.img") +
                ") (dev xvda:disk) (mode w) (uuid u-1) (bootable 1) (backend 0) (VDI ''))");
}

TEST_F(Describe, TapAndEmptyDrive) {
  const Device tap = write("(tap (uname tap:aio:" + folder.file("a.img") + ") (dev xvda) (uuid u))");
  EXPECT_EQ(sxp::child_text(devices.describe(owner, tap), "uname"), "tap:aio:" + folder.path("a.img"));
  const Device drive = write("(vbd (uname '') (dev hdc:cdrom) (uuid u) (mode r))", {tap});
  EXPECT_EQ(sxp::to_string(devices.describe(owner, drive)),
            "(vbd (dev hdc:cdrom) (mode r) (uuid u) (bootable 0) (backend 0) (VDI ''))");
}

TEST_F(Describe, NetworkInterfaceAndConsole) {
  const Device vif = write("(vif (mac 00:16:3e:1f:aa:02) (bridge xenbr0) (rate 10Mb/s) (uuid u-2))");
  EXPECT_EQ(sxp::to_string(devices.describe(owner, vif)),
            "(vif (script /etc/xen/scripts/vif-bridge) (mac 00:16:3e:1f:aa:02) (bridge xenbr0) (uuid u-2) "
            "(rate '62500,50000') (backend 0))");
  const Device console = write("(console (location 3) (uuid u-3))");
  EXPECT_EQ(sxp::to_string(devices.describe(owner, console)), "(console (location 3) (uuid u-3) (protocol vt100))");
}

TEST_F(Describe, WhatIsNotInXenstoreIsAsConfigured) {
  const Device device = complete(disk());
  EXPECT_EQ(devices.describe(owner, device), device.config);
}

TEST_F(Describe, GuestsLiesAreNotRepeated) {
  const Device device = write(disk());
  store.write(kVbdFront + "/device-type", std::string(2000, 'x'));
  EXPECT_EQ(sxp::child_text(devices.describe(owner, device), "dev"), "xvda:disk");
}

TEST_F(Describe, AnotherDaemonsDevicesAreRecalled) {
  const Device tap = write("(tap (uname tap:aio:" + folder.file("a.img") + ") (dev xvda) (uuid u))");
  write("(vif (mac 00:16:3e:1f:aa:02) (rate 10Mb/s))");
  store.write(kVm + "/device/pci/0/backend", "/local/domain/0/backend/pci/5/0");
  const auto recalled = devices.recall(owner);
  ASSERT_EQ(recalled.size(), 2U);
  EXPECT_EQ(recalled[0].type, "tap");
  EXPECT_EQ(recalled[0].id, 51712U);
  EXPECT_EQ(recalled[0].config, devices.describe(owner, tap));
  // What was recalled can be started again.
  const Device again = devices.complete(recalled[1].config, {}, xc::GuestType::kPv);
  EXPECT_EQ(sxp::child_text(again.config, "rate"), "62500,50000");
}

TEST_F(Describe, Frontends) {
  write(disk());
  store.write(kVbdFront + "/queue-0/ring-ref", "8");
  EXPECT_EQ(sxp::to_string(sxp::Value(devices.frontends(owner, "vbd"))),
            "((51712 ((backend " + kVbd +
                ") (backend-id 0) (device-type disk) (queue-0 ((ring-ref 8))) (state 1) (virtual-device 51712))))");
  EXPECT_THAT(devices.frontends(owner, "vif"), IsEmpty());
}

TEST_F(Describe, FrontendsAreBounded) {
  write(disk());
  for (int i = 0; i < 2000; ++i) store.write(kVbdFront + "/junk/" + std::to_string(i), "x");
  store.write(kVbdFront + "/long", std::string(4000, 'x'));
  store.write(kVbdFront + "/a/b/c/d/e/f", "x");
  const std::string text = sxp::to_string(sxp::Value(devices.frontends(owner, "vbd")));
  EXPECT_LT(text.size(), 8000U);
  EXPECT_EQ(text.find("xxxx"), std::string::npos);
}

}  // namespace
}  // namespace xend
