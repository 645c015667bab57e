// Devices that come to a running guest and leave it (spec domain-lifecycle 9, protocols 3.4).
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>

#include <fstream>
#include <thread>

#include "sxp/parser.h"
#include "sxp/printer.h"
#include "tests/sim/life.h"
#include "xend/api/dispatcher.h"
#include "xend/domain/departure.h"
#include "xend/domain/device_changes.h"
#include "xend/domain/lifecycle.h"
#include "xend/domain/save.h"
#include "xend/error.h"

namespace sim {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class RunTimeDevices : public Life {
 protected:
  RunTimeDevices() {
    for (const char* name : {"a", "b", "c"}) std::ofstream(path(name)) << name;
    host.start_guest("TestGuest");
  }

  std::string disk(const std::string& name, const std::string& dev = "xvdb") {
    return "(vbd (uname file:" + path(name) + ") (dev " + dev + ") (mode w))";
  }
  std::string attach(const std::string& element) {
    return error_of([&] { xend::attach_device(*host.host, guest(), sxp::parse_one(element)); });
  }
  std::string detach(const std::string& type, const std::string& name, bool force = false) {
    return error_of([&] { xend::detach_device(*host.host, guest(), type, name, force, true); });
  }
  // "vbd 51728", ... as the daemon has them, without the console that every guest has.
  std::vector<std::string> devices() {
    std::vector<std::string> names;
    for (const auto& d : guest()->state().config.devices)
      if (d.type != "console") names.push_back(d.type + " " + std::to_string(d.id));
    return names;
  }
  std::size_t nodes() { return host.store.tree("/").size(); }
  // What a booted guest does with a device.
  void takes_up(const std::string& device) {
    host.store.write("/local/domain/" + std::to_string(guest()->running_domid()) + "/device/" + device + "/state", "4");
  }
};

TEST_F(RunTimeDevices, TenRoundsLeaveNothing) {
  // The guest's empty folders of both classes and the counter of ids stay.
  ASSERT_EQ(attach("(vif)"), "");
  ASSERT_EQ(detach("vif", "0"), "");
  ASSERT_EQ(attach(disk("a")), "");
  ASSERT_EQ(detach("vbd", "xvdb"), "");
  const auto before = nodes();
  for (int round = 1; round <= 10; ++round) {
    EXPECT_EQ(attach(disk("a")), "");
    EXPECT_EQ(attach("(vif (mac 00:16:3e:00:00:0a))"), "");
    EXPECT_THAT(devices(), ElementsAre("vbd 51728", "vif " + std::to_string(round)));
    EXPECT_EQ(host.store.read("/local/domain/0/backend/vbd/1/51728/hotplug-status"), "connected");
    EXPECT_EQ(detach("vbd", "xvdb"), "");
    EXPECT_EQ(detach("vif", "00:16:3E:00:00:0A"), "");
    EXPECT_THAT(devices(), IsEmpty());
    EXPECT_EQ(nodes(), before);
  }
}

TEST_F(RunTimeDevices, ADeviceIsFoundByAnyOfItsNames) {
  for (const char* name : {"51728", "xvdb", "/dev/xvdb", "vbd/51728", "xvdb:disk"}) {
    ASSERT_EQ(attach(disk("a")), "");
    EXPECT_EQ(detach("vbd", name), "") << name;
  }
  EXPECT_EQ(detach("vbd", "xvdz"), "Device xvdz not connected");
  EXPECT_EQ(detach("vif", "7"), "Device 7 not connected");
  EXPECT_EQ(detach("floppy", "7"), "XendConfig: floppy not a valid device type");
}

TEST_F(RunTimeDevices, WhatDoesNotConnectWasNeverThere) {
  ASSERT_EQ(attach(disk("a")), "");
  ASSERT_EQ(detach("vbd", "xvdb"), "");
  const auto before = nodes();
  host.scripts.behave([this](const xend::ScriptCall& call) -> xend::ScriptResult {
    if (call.arguments.at(0) != "add") return {};
    const auto backend = "/local/domain/0/" + call.environment.at("XENBUS_PATH");
    host.store.write(backend + "/hotplug-error", "the disk is on fire");
    host.store.write(backend + "/hotplug-status", "error");
    return {};
  });
  EXPECT_EQ(attach(disk("a")), "Device 51728 (vbd) could not be connected. the disk is on fire");
  EXPECT_THAT(devices(), IsEmpty());
  EXPECT_EQ(nodes(), before);
  host.restart_daemon();
  EXPECT_THAT(devices(), IsEmpty());
}

TEST_F(RunTimeDevices, RefusedBeforeAnythingIsWritten) {
  ASSERT_EQ(attach(disk("a")), "");
  const auto before = nodes();
  EXPECT_EQ(attach(disk("b")), "Device xvdb (51728, vbd) is already connected.");
  EXPECT_EQ(attach(disk("a", "xvdc")), "The file \"" + path("a") + "\" is already used");
  EXPECT_EQ(attach(disk("missing", "xvdc")), "Disk image does not exist: " + path("missing"));
  EXPECT_THAT(attach("(vif (mac nonsense))"),
              HasSubstr("Cannot create a new virtual network interface - MAC address is not valid!"));
  // The daemon cannot write its notes any more.
  std::filesystem::remove_all(path("running"));
  std::ofstream(path("running")) << "no folder";
  EXPECT_NE(attach(disk("b", "xvdc")), "");
  EXPECT_THAT(devices(), ElementsAre("vbd 51728"));
  EXPECT_EQ(nodes(), before);
}

TEST_F(RunTimeDevices, AttachedOnesSurviveAndDetachedOnesDoNotComeBack) {
  ASSERT_EQ(attach(disk("a", "xvda")), "");
  ASSERT_EQ(attach(disk("b")), "");
  ASSERT_EQ(detach("vbd", "xvda"), "");
  host.restart_daemon();
  EXPECT_THAT(devices(), ElementsAre("vbd 51728"));
  xend::save_domain(*host.host, guest(), path("saved"), false);
  xend::restore_domain(*host.host, path("saved"), false);
  EXPECT_THAT(devices(), ElementsAre("vbd 51728"));
  guest()->update([](xend::DomainState& s) { s.start_time -= 100; });
  const auto domid = guest()->running_domid();
  host.xen.guest_shuts_down(domid, xc::ShutdownReason::kReboot);
  EXPECT_TRUE(eventually([&] { return host.list() == "TestGuest -b----" && guest()->domid() != domid; }));
  EXPECT_THAT(devices(), ElementsAre("vbd 51728"));
}

// The guest goes on with the interfaces that it knows: the second is still the second where it is restored.
TEST_F(RunTimeDevices, AnInterfaceKeepsItsNumberWhenTheGuestMoves) {
  for (const char* mac : {"00:16:3e:00:00:01", "00:16:3e:00:00:02", "00:16:3e:00:00:03"})
    ASSERT_EQ(attach(std::string("(vif (mac ") + mac + "))"), "");
  ASSERT_EQ(detach("vif", "0"), "");
  for (int move = 0; move < 2; ++move) {
    xend::save_domain(*host.host, guest(), path("saved"), false);
    xend::restore_domain(*host.host, path("saved"), false);
    EXPECT_THAT(devices(), ElementsAre("vif 1", "vif 2"));
  }
  EXPECT_THAT(sxp::to_string(sxp::Value(xend::device_elements(*host.host, *guest()))),
              testing::Not(HasSubstr("devid")));
}

TEST_F(RunTimeDevices, AGuestThatDoesNotLetGoKeepsItsDiskUntilForced) {
  ASSERT_EQ(attach(disk("a")), "");
  takes_up("vbd/51728");
  host.drivers.never_let_go();
  EXPECT_THAT(detach("vbd", "xvdb"), HasSubstr("Device 51728 (vbd) could not be disconnected. "));
  EXPECT_THAT(devices(), ElementsAre("vbd 51728"));
  EXPECT_EQ(detach("vbd", "xvdb", true), "");
  EXPECT_THAT(devices(), IsEmpty());
}

// Who waits for a guest that has ended stands in the way of its on_poweroff.
TEST_F(RunTimeDevices, AGuestThatEndsIsNotWaitedFor) {
  ASSERT_EQ(attach(disk("a")), "");
  takes_up("vbd/51728");
  host.drivers.never_let_go();
  const auto domid = guest()->running_domid();
  std::thread ends([&] {
    eventually([&] { return host.store.read("/local/domain/0/backend/vbd/1/51728/state") == "5"; });
    host.xen.guest_shuts_down(domid, xc::ShutdownReason::kPoweroff);
  });
  EXPECT_THAT(detach("vbd", "xvdb"), HasSubstr("The domain ended meanwhile"));
  ends.join();
  EXPECT_TRUE(eventually([&] { return host.list().empty(); })) << host.list();
}

// A script that hangs does not keep a guest from being destroyed.
TEST_F(RunTimeDevices, DestroyingAGuestEndsTheAttachingOfADisk) {
  host.scripts.behave([](const xend::ScriptCall& call) -> xend::ScriptResult {
    if (call.arguments.at(0) != "add") return {};
    pollfd stop{call.stop, POLLIN, 0};
    return {.status = 0, .timed_out = poll(&stop, 1, 20'000) > 0, .output = ""};
  });
  const auto domain = guest();
  std::string result;
  std::thread attaching([&] { result = attach(disk("a")); });
  EXPECT_TRUE(eventually([&] { return !host.scripts.calls().empty(); }));
  xend::destroy_domain(*host.host, domain);
  attaching.join();
  EXPECT_EQ(result, "Device 51728 (vbd) could not be connected. It was given up: the domain is to end.");
  EXPECT_EQ(host.list(), "");
  EXPECT_EQ(host.store.tree("/local/domain/0/backend").size(), 0u);
}

TEST_F(RunTimeDevices, ABusyGuestIsLeftAlone) {
  const auto operation = guest()->begin("saved");
  EXPECT_THAT(attach(disk("a")), HasSubstr("TestGuest is being saved just now, so it cannot be changed"));
  EXPECT_THAT(devices(), IsEmpty());
}

TEST_F(RunTimeDevices, TwoAtOnceComeOneAfterTheOther) {
  std::vector<std::thread> both;
  std::vector<std::string> results(2);
  for (std::size_t i : {0u, 1u})
    both.emplace_back([&, i] { results[i] = attach(disk(i == 0 ? "a" : "b", i == 0 ? "xvdb" : "xvdc")); });
  for (auto& thread : both) thread.join();
  EXPECT_THAT(results, ElementsAre("", ""));
  EXPECT_EQ(devices().size(), 2u);
}

TEST_F(RunTimeDevices, OnlyGuestsThatRunAndAreOurs) {
  const auto give = [&](const std::shared_ptr<xend::Domain>& domain) {
    return error_of([&] { xend::attach_device(*host.host, domain, sxp::parse_one(disk("a"))); });
  };
  EXPECT_EQ(give(host.host->domains.get("Domain-0")), "Cannot attach a device to privileged domain Domain-0");
  const auto gone = guest();
  xend::destroy_domain(*host.host, gone);
  EXPECT_EQ(give(gone), "Domain 'TestGuest' is not started");
}

TEST_F(RunTimeDevices, MoreThanSixteenDisksAndNumbers) {
  for (const char* dev : {"xvdq", "xvdz", "xvdaa"}) {
    ASSERT_EQ(attach(disk("a", dev)), "") << dev;
    ASSERT_EQ(detach("vbd", dev), "") << dev;
  }
  ASSERT_EQ(attach(disk("a", "0xca20")), "");
  EXPECT_EQ(host.store.read("/local/domain/1/device/vbd/51744/virtual-device"), "51744");
  ASSERT_EQ(attach(disk("b", "xvdq")), "");
  EXPECT_EQ(host.store.read("/local/domain/1/device/vbd/268439552/virtual-device-ext"), "268439552");
}

TEST_F(RunTimeDevices, AnotherDiscInTheDrive) {
  const auto insert = [&](const std::string& element) {
    return error_of([&] { xend::reconfigure_device(*host.host, guest(), sxp::parse_one(element)); });
  };
  ASSERT_EQ(attach("(vbd (uname file:" + path("a") + ") (dev xvdd:cdrom) (mode r))"), "");
  EXPECT_EQ(insert("(vbd (uname file:" + path("b") + ") (dev xvdd:cdrom) (mode r))"), "");
  EXPECT_EQ(host.store.read("/local/domain/0/backend/vbd/1/51760/params"), path("b"));
  EXPECT_THAT(sxp::to_string(sxp::Value(xend::device_elements(*host.host, *guest()))), HasSubstr("file:" + path("b")));
  EXPECT_THAT(insert("(vbd (uname file:" + path("c") + ") (dev xvdd:cdrom) (mode w))"),
              HasSubstr("Refusing to reconfigure device vbd:51760 to (vbd "));
  EXPECT_EQ(insert(disk("c")), "Device xvdb not connected");
  ASSERT_EQ(attach(disk("c")), "");
  EXPECT_THAT(insert(disk("a")), HasSubstr("Refusing to reconfigure device vbd:51728"));
  ASSERT_EQ(attach("(vif)"), "");
  EXPECT_THAT(insert("(vif (dev 0))"), HasSubstr("vif devices may not be reconfigured"));
}

// The shapes of spec protocols 3.4 and 3.6.
TEST_F(RunTimeDevices, AsClientsAskForThem) {
  const auto call = [&](const std::string& method, rpc::Array params) {
    return rpc::to_sxp(xend::dispatch(*host.host, "xend.domain." + method, params, {})).text();
  };
  const auto element = rpc::from_sxp(sxp::parse_one(disk("a")));
  EXPECT_EQ(call("device_create", {"TestGuest", element}), "(vbd (dom 1 id 51728))");
  EXPECT_EQ(call("getBlockDeviceClass", {"TestGuest", "xvdb"}), "vbd");
  EXPECT_EQ(call("getBlockDeviceClass", {"TestGuest", "xvdc"}), "");
  takes_up("vbd/51728");
  EXPECT_THAT(call("getDeviceSxprs", {1, "vbd"}), HasSubstr("(state 4)"));
  EXPECT_EQ(call("getDeviceSxprs", {1, "pci"}), "()");
  host.drivers.never_let_go();
  // As the classic client sent it: the word that was typed.
  EXPECT_EQ(call("destroyDevice", {"TestGuest", "vbd", 51728, "-f", true}), "0");
  EXPECT_EQ(call("getDeviceSxprs", {1, "vbd"}), "()");
}

// A disk image that only QEMU can read.
TEST_F(RunTimeDevices, TheFirstDiskForQemuBringsADeviceModel) {
  EXPECT_EQ(attach("(vbd (uname tap:qcow2:" + path("a") + ") (dev xvdb) (mode w))"), "");
  EXPECT_EQ(attach("(vbd (uname tap:qcow2:" + path("b") + ") (dev xvdc) (mode w))"), "");
  EXPECT_THAT(host.device_models.asked(), ElementsAre("start 1"));
  EXPECT_NE(guest()->state().device_model.pid, 0);
}

TEST_F(RunTimeDevices, ADiskForQemuThatNobodyServesIsNotAttached) {
  host.device_models.die_when_asked("start");
  EXPECT_EQ(attach("(vbd (uname tap:qcow2:" + path("a") + ") (dev xvdb) (mode w))"),
            "the device model does not answer");
  EXPECT_THAT(devices(), IsEmpty());
  EXPECT_EQ(guest()->state().device_model.pid, 0);
}

}  // namespace
}  // namespace sim
