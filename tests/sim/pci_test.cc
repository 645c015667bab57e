// PCI devices of the host that guests are given, at their start and while they run, on a made-up /sys (spec
// domain-lifecycle 4.2 step 8 and 9.2, modern-xen 20).
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <thread>

#include "sxp/parser.h"
#include "sxp/printer.h"
#include "tests/sim/life.h"
#include "xend/api/dispatcher.h"
#include "xend/domain/device_changes.h"
#include "xend/domain/lifecycle.h"
#include "xend/domain/pci_grant.h"
#include "xend/domain/save.h"

namespace sim {
namespace {

using testing::AnyOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

const std::string kBack = "/local/domain/0/backend/pci/1/0";

class Pci : public Life {
 protected:
  Pci() {
    for (const char* device : {"0000:02:00.0", "0000:02:00.1", "0000:02:00.2"}) add(device, "pciback");
    add("0000:04:00.0", "e1000e");
    add("0000:05:00.0", "pci-stub");
    host.host->pci = xend::PciHost((host.folder / "sys").string());
    host.xen.change_host([](xc::HostInfo& info) { info.iommu = true; });
  }

  // A device with 64 KiB of memory and 16 ports of its own, and an interrupt that all devices share.
  void add(const std::string& device, const std::string& driver) {
    const auto sysfs = host.folder / "sys/bus/pci";
    std::filesystem::create_directories(sysfs / "devices" / device);
    std::filesystem::create_directories(sysfs / "drivers" / driver);
    std::filesystem::create_directory_symlink(sysfs / "drivers" / driver, sysfs / "devices" / device / "driver");
    std::filesystem::create_directory_symlink(sysfs / "devices" / device, sysfs / "drivers" / driver / device);
    std::ofstream(sysfs / "devices" / device / "resource") << fmt::format(
        "0x00000000feb{0}0000 0x00000000feb{0}ffff 0x0000000000040200\n"
        "0x000000000000c0{0}0 0x000000000000c0{0}f 0x0000000000040101\n"
        "0x0000000000000000 0x0000000000000000 0x0000000000000000\n",
        device.back());
    std::ofstream(sysfs / "devices" / device / "irq") << "17\n";
    std::ofstream(sysfs / "devices" / device / "reset");
  }
  bool was_reset(const std::string& device) {
    std::ostringstream text;
    text << std::ifstream(host.folder / "sys/bus/pci/devices" / device / "reset").rdbuf();
    return text.str() == "1";
  }
  static std::string dev(const std::string& func, const std::string& bus = "0x02") {
    return "(dev (domain 0x0000) (bus " + bus + ") (slot 0x00) (func " + func + ") (vdevfn 0x100))";
  }
  static std::string guest(const std::string& devs, const std::string& name = "R", const std::string& type = "pv") {
    return "(vm (name " + name + ") (memory 64) (image (linux (kernel /proc/version) (type " + type + ")))" +
           (devs.empty() ? "" : " (device (pci " + devs + "))") + ")";
  }
  std::string create(const std::string& config) {
    return error_of([&] {
      const auto domain = xend::create_domain(*host.host, sxp::parse_one(config));
      xend::wait_for_devices(*domain);
      xend::unpause_domain(*host.host, *domain);
    });
  }
  std::string change(const std::string& devs, const std::string& state) {
    return error_of([&] {
      xend::reconfigure_device(*host.host, host.host->domains.get("R"),
                               sxp::parse_one("(pci " + devs + " (state " + state + "))"));
    });
  }
  std::string attach(const std::string& devs) { return change(devs, "Initialising"); }
  std::string detach(const std::string& devs) { return change(devs, "Closing"); }
  std::vector<std::string> devices() {
    std::vector<std::string> texts;
    for (const auto& function : xend::pci_functions(host.host->domains.get("R")->state().config))
      texts.push_back(function.address.text());
    return texts;
  }
  std::string back(const std::string& key) { return host.store.read(kBack + "/" + key).value_or("(none)"); }
  std::size_t nodes() { return host.store.tree("/").size(); }
};

TEST_F(Pci, GivenAtTheStartAndTakenAtTheEnd) {
  ASSERT_EQ(create(guest(dev("0x0") + dev("0x1"))), "");
  EXPECT_THAT(host.xen.granted(),
              UnorderedElementsAre("1 device 0x200", "1 device 0x201", "1 memory 0xfeb00+16", "1 memory 0xfeb10+16",
                                   "1 ports 0xc000+16", "1 ports 0xc010+16", "1 mapped 17", "1 interrupt 17"));
  EXPECT_EQ(back("num_devs"), "2");
  EXPECT_EQ(back("dev-1"), "0000:02:00.1");
  EXPECT_EQ(back("state"), "4");
  host.restart_daemon();
  EXPECT_THAT(devices(), ElementsAre("0000:02:00.0", "0000:02:00.1"));
  host.host->pci = xend::PciHost((host.folder / "sys").string());
  EXPECT_FALSE(was_reset("0000:02:00.0"));
  xend::destroy_domain(*host.host, host.host->domains.get("R"));
  EXPECT_TRUE(was_reset("0000:02:00.0"));
  EXPECT_THAT(host.xen.granted(), IsEmpty());
  EXPECT_EQ(host.store.tree("/local/domain/0/backend").size(), 0u);
  EXPECT_EQ(create(guest(dev("0x0"), "S")), "");
}

TEST_F(Pci, AFailureAtAnyCallLeavesNothing) {
  ASSERT_EQ(create(guest("")), "");  // the folders that all domains share stay
  xend::destroy_domain(*host.host, host.host->domains.get("R"));
  const auto before = nodes();
  for (const char* call : {"test_assign_device", "create_domain", "assign_device", "permit_memory", "permit_ports",
                           "map_interrupt", "permit_interrupt"}) {
    host.xen.fail_next(call, EINVAL);
    EXPECT_NE(create(guest(dev("0x0") + dev("0x1"))), "") << call;
    EXPECT_EQ(host.list(), "") << call;
    EXPECT_THAT(host.xen.granted(), IsEmpty()) << call;
    EXPECT_EQ(nodes(), before) << call;
  }
  EXPECT_EQ(create(guest(dev("0x0") + dev("0x1"))), "");
}

TEST_F(Pci, AFailureWhileTheGuestRunsLeavesWhatItHad) {
  ASSERT_EQ(create(guest(dev("0x0"))), "");
  const auto before = nodes();
  const auto granted = host.xen.granted();
  for (const char* call : {"test_assign_device", "assign_device", "permit_memory", "permit_ports"}) {
    host.xen.fail_next(call, EINVAL);
    EXPECT_NE(attach(dev("0x1")), "") << call;
    EXPECT_THAT(devices(), ElementsAre("0000:02:00.0")) << call;
    EXPECT_EQ(nodes(), before) << call;
    host.restart_daemon();
    host.host->pci = xend::PciHost((host.folder / "sys").string());
    EXPECT_THAT(devices(), ElementsAre("0000:02:00.0")) << call;
    EXPECT_EQ(host.xen.granted(), granted) << call;
  }
}

TEST_F(Pci, ADeviceIsPromisedOnce) {
  ASSERT_EQ(create(guest(dev("0x0"))), "");
  const std::string taken = "failed to assign device 0000:02:00.0 that has already been assigned to other domain.";
  EXPECT_EQ(create(guest(dev("0x1") + dev("0x0"), "S")), taken + "\nDomain R has it.");
  EXPECT_EQ(create(guest(dev("0x1"), "S")), "");
  EXPECT_THAT(attach(dev("0x1")), HasSubstr("0000:02:00.1 that has already been assigned to other domain."));
  EXPECT_EQ(attach(dev("0x0")), "pci: device 0000:02:00.0 has been attached! ");
}

TEST_F(Pci, OtherToolstacksHaveDevicesToo) {
  const auto other = host.xen.create_domain({xc::Uuid::random(), xc::GuestType::kPv, 1});
  const std::string node = "/local/domain/0/backend/pci/" + std::to_string(other) + "/0";
  host.store.write(node + "/num_devs", "1");
  host.store.write(node + "/dev-0", "0000:02:00.0");
  EXPECT_THAT(create(guest(dev("0x0"))), HasSubstr("already been assigned to other domain."));
  host.xen.destroy(other);
  EXPECT_EQ(create(guest(dev("0x0"))), "");
}

TEST_F(Pci, TwoThatWantItAtOnce) {
  for (int round = 0; round < 5; ++round) {
    std::vector<std::string> results(2);
    std::vector<std::thread> both;
    for (std::size_t i : {0u, 1u})
      both.emplace_back([&, i] { results[i] = create(guest(dev("0x0"), i == 0 ? "R" : "S")); });
    for (auto& thread : both) thread.join();
    EXPECT_NE(results[0].empty(), results[1].empty()) << results[0] << results[1];
    const std::string winner = results[0].empty() ? "R" : "S";
    xend::destroy_domain(*host.host, host.host->domains.get(winner));
  }
}

TEST_F(Pci, ComeAndGoWhileTheGuestRuns) {
  ASSERT_EQ(create(guest(dev("0x0"))), "");
  ASSERT_EQ(attach(dev("0x1")), "");
  ASSERT_EQ(attach(dev("0x2")), "");
  EXPECT_THAT(devices(), ElementsAre("0000:02:00.0", "0000:02:00.1", "0000:02:00.2"));
  EXPECT_EQ(back("num_devs"), "3");
  EXPECT_EQ(back("state-2"), "3");
  host.restart_daemon();
  host.host->pci = xend::PciHost((host.folder / "sys").string());
  ASSERT_EQ(detach(dev("0x1")), "");
  EXPECT_THAT(devices(), ElementsAre("0000:02:00.0", "0000:02:00.2"));
  EXPECT_EQ(back("num_devs"), "2");
  EXPECT_EQ(back("dev-1"), "0000:02:00.2");
  EXPECT_EQ(back("dev-2"), "(none)");
  EXPECT_TRUE(was_reset("0000:02:00.1"));
  EXPECT_THAT(host.xen.granted(),
              UnorderedElementsAre("1 device 0x200", "1 device 0x202", "1 memory 0xfeb00+16", "1 memory 0xfeb20+16",
                                   "1 ports 0xc000+16", "1 ports 0xc020+16", "1 mapped 17", "1 interrupt 17"));
  EXPECT_EQ(detach(dev("0x1")), "pci: device 0000:02:00.1 is not attached!");
  ASSERT_EQ(detach(dev("0x0") + dev("0x2")), "");
  EXPECT_THAT(devices(), IsEmpty());
  EXPECT_EQ(host.store.tree("/local/domain/0/backend/pci").size(), 0u);
  EXPECT_THAT(host.xen.granted(), IsEmpty());
  EXPECT_EQ(attach(dev("0x1")), "");
  EXPECT_EQ(back("num_devs"), "1");
}

TEST_F(Pci, WithoutAnIommuPvGuestsGetDevicesStill) {
  host.xen.change_host([](xc::HostInfo& info) { info.iommu = false; });
  ASSERT_EQ(create(guest("")), "");
  ASSERT_EQ(attach(dev("0x0")), "");
  EXPECT_THAT(host.xen.granted(),
              UnorderedElementsAre("1 memory 0xfeb00+16", "1 ports 0xc000+16", "1 mapped 17", "1 interrupt 17"));
  ASSERT_EQ(detach(dev("0x0")), "");
  EXPECT_THAT(host.xen.granted(), IsEmpty());
}

TEST_F(Pci, AnIommuWantsToBeAskedForAtTheStart) {
  ASSERT_EQ(create(guest("")), "");
  EXPECT_THAT(attach(dev("0x0")), HasSubstr("it was started without PCI devices"));
  EXPECT_THAT(devices(), IsEmpty());
  EXPECT_THAT(host.xen.granted(), IsEmpty());
}

TEST_F(Pci, AGuestThatDoesNotAnswer) {
  ASSERT_EQ(create(guest(dev("0x0"))), "");
  const auto before = host.store.tree("/");
  const auto granted = host.xen.granted();
  host.drivers.pci_guest_answers(false);
  EXPECT_THAT(attach(dev("0x1")), HasSubstr("did not answer in time"));
  EXPECT_THAT(detach(dev("0x0")), HasSubstr("did not answer in time"));
  EXPECT_THAT(devices(), ElementsAre("0000:02:00.0"));
  EXPECT_EQ(host.store.tree("/"), before);
  EXPECT_FALSE(was_reset("0000:02:00.0"));
  EXPECT_EQ(host.xen.granted(), granted);
}

// What a daemon that was killed halfway can leave behind.
TEST_F(Pci, ConfiguredDevicesWithoutNodesCanBeTakenAway) {
  ASSERT_EQ(create(guest(dev("0x0"))), "");
  host.store.remove(kBack);
  EXPECT_THAT(attach(dev("0x1")), HasSubstr("It has no backend in xenstore"));
  EXPECT_EQ(detach(dev("0x0")), "");
  EXPECT_THAT(devices(), IsEmpty());
  EXPECT_THAT(host.xen.granted(), IsEmpty());
}

TEST_F(Pci, ADriverThatRefuses) {
  ASSERT_EQ(create(guest(dev("0x0"))), "");
  host.drivers.pciback_exports(false);
  EXPECT_THAT(attach(dev("0x1")), HasSubstr("pciback refused: 22 Couldn't locate PCI device"));
  EXPECT_THAT(devices(), ElementsAre("0000:02:00.0"));
  EXPECT_EQ(back("num_devs"), "1");
  EXPECT_THAT(attach(dev("0x1")), HasSubstr("is not connected: the backend's state is 5"));
}

TEST_F(Pci, RefusedBeforeAnythingIsMade) {
  const auto before = nodes();
  EXPECT_THAT(create(guest(dev("0x0", "0x09"))), HasSubstr("pci: failed to locate device and parse its resources - "));
  EXPECT_THAT(create(guest(dev("0x0", "0x04"))), HasSubstr("pci: PCI Backend and pci-stub don't own device 0000:04"));
  EXPECT_THAT(create(guest(dev("0x0", "0x05"))), HasSubstr("is held by pci-stub"));
  EXPECT_THAT(create(guest(dev("0x0"), "R", "pvh")), HasSubstr("R is a PVH guest; PCI devices can be given to PV"));
  EXPECT_THAT(create("(vm (name H) (memory 64) (image (hvm (boot c))) (device (pci " + dev("0x0") + ")))"),
              HasSubstr("H is an HVM guest; PCI devices can be given to PV"));
  EXPECT_THAT(create(guest(dev("0x0") + dev("0x0"))), HasSubstr("0000:02:00.0 is given twice"));
  EXPECT_THAT(create(guest(dev("two"))), HasSubstr("(func two) of a device is not a hexadecimal number up to 0x7"));
  EXPECT_EQ(nodes(), before);
  EXPECT_THAT(host.xen.calls(), testing::Each(testing::Not(HasSubstr("create_domain"))));
}

TEST_F(Pci, ASavedGuestWouldLoseThem) {
  ASSERT_EQ(create(guest(dev("0x0"))), "");
  EXPECT_THAT(error_of([&] {
                xend::save_domain(*host.host, host.host->domains.get("R"), (host.folder / "saved").string(), false);
              }),
              HasSubstr("Migration not permitted with assigned PCI device."));
  EXPECT_EQ(host.list(), "R -b----");
}

// The shapes of spec protocols 3.6.
TEST_F(Pci, AsClientsAskForThem) {
  ASSERT_EQ(create(guest(dev("0x0"))), "");
  const auto call = [&](const std::string& method, rpc::Array params) {
    return xend::dispatch(*host.host, "xend.domain." + method, params, {});
  };
  const rpc::Value listed = call("getDeviceSxprs", {"R", "pci"});
  ASSERT_EQ(listed.as_array().size(), 1u);
  EXPECT_EQ(listed.as_array()[0].member("bus")->as_string(), "0x02");
  EXPECT_EQ(listed.as_array()[0].member("vdevfn")->as_string(), "0x100");
  EXPECT_THAT(
      rpc::to_sxp(call("device_create", {"R", rpc::from_sxp(sxp::parse_one("(pci " + dev("0x1") + ")"))})).text(),
      "(pci (dom 1 id 0))");
  EXPECT_EQ(call("getDeviceSxprs", {"R", "pci"}).as_array().size(), 2u);
  EXPECT_THAT(error_of([&] { call("destroyDevice", {"R", "pci", 0}); }), HasSubstr("xm pci-detach"));
  EXPECT_THAT(change(dev("0x1"), "Sleeping"), HasSubstr("(state Sleeping) is not known"));
}

// A device stays over a restart of the guest.
TEST_F(Pci, AGuestThatReboots) {
  ASSERT_EQ(create(guest(dev("0x0"))), "");
  ASSERT_EQ(attach(dev("0x1")), "");
  const auto domain = host.host->domains.get("R");
  domain->update([](xend::DomainState& s) { s.start_time -= 100; });
  host.xen.guest_shuts_down(domain->running_domid(), xc::ShutdownReason::kReboot);
  EXPECT_TRUE(eventually([&] { return host.list() == "R -b----" && host.host->domains.by_domid(2); })) << host.list();
  EXPECT_THAT(devices(), ElementsAre("0000:02:00.0", "0000:02:00.1"));
  EXPECT_THAT(host.xen.granted(), testing::Contains("2 device 0x201"));
}

}  // namespace
}  // namespace sim
