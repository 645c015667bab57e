// The destination answers before the guest notices anything: two hosts that differ in what the guest needs, and two
// that do not.
#include "xend/relocation/preflight.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "sxp/parser.h"
#include "tests/sim/sim_host.h"
#include "xend/domain/lifecycle.h"
#include "xend/domain/managed.h"
#include "xend/log.h"
#include "xend/relocation/handover_peer.h"
#include "xend/relocation/sender.h"

namespace sim {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

constexpr unsigned kAvx2 = 1u << 5, kRdseed = 1u << 18;  // of word 5

class Preflight : public testing::Test {
 protected:
  Preflight() { xend::log_open(one.folder / "xend.log", xend::Level::kWarning, false); }
  ~Preflight() override { xend::log_close(); }

  // A guest with a disk and a network interface, for which both hosts have all that it needs.
  void start(const std::string& more = "") {
    std::ofstream(image()) << "a disk";
    for (SimHost* host : {&one, &two}) host->add_bridge("xenbr0");
    const auto domain = xend::create_domain(
        *one.host, sxp::parse_one("(vm (name TestGuest) (uuid 06ed00fe-1162-4fc4-b5d8-11993ee4a8b9) (memory 64)"
                                  " (image (linux (kernel /proc/version) (type pvh)))"
                                  " (device (vbd (uname file:" +
                                  image() + ") (dev xvda) (mode w))) (device (vif (bridge xenbr0)))" + more + ")"));
    xend::wait_for_devices(*domain);
    xend::unpause_domain(*one.host, *domain);
  }
  std::string image() const { return one.folder / "disk.img"; }

  std::string move() {
    try {
      xend::relocate_domain(*one.host, one.host->domains.get("TestGuest"),
                            {.destination = "127.0.0.1", .live = true, .port = two.listen()});
      return "moved";
    } catch (const std::exception& e) {
      return e.what();
    }
  }

  // What moving it is refused with; nothing may have happened to the guest, and nothing to the other host.
  std::string refusal() {
    two.host->pools->id_of("Pool-0");  // which is written down when anybody first asks for it
    const auto asked_of_xen = one.xen.calls();
    const auto there = two.store.tree("/");
    const auto listed = two.list();
    const auto done_there = two.xen.calls();
    const auto text = move();
    EXPECT_EQ(one.list(), "TestGuest -b----");
    EXPECT_EQ(one.store.read("/local/domain/1/name"), "TestGuest");
    EXPECT_EQ(one.store.read("/local/domain/1/control/shutdown"), "") << "it was asked to suspend";
    EXPECT_EQ(one.xen.calls(), asked_of_xen) << "the guest was touched";
    EXPECT_THAT(one.host->domains.get("TestGuest")->busy(), IsEmpty());
    EXPECT_EQ(two.xen.calls(), done_there);
    EXPECT_EQ(two.store.tree("/"), there);
    EXPECT_THAT(two.dom0_memory.targets(), IsEmpty());
    EXPECT_EQ(two.list(), listed);
    for (const auto& journal : {one.folder / "relocation/departures", two.folder / "relocation/arrivals"})
      EXPECT_TRUE(!std::filesystem::exists(journal) || std::filesystem::is_empty(journal)) << journal;
    return text;
  }

  std::string log() const {
    std::ostringstream text;
    text << std::ifstream(one.folder / "xend.log").rdbuf();
    return text.str();
  }

  SimHost one, two;
};

TEST_F(Preflight, BetweenTwoEqualHostsItMovesWithoutAWarning) {
  start();
  EXPECT_EQ(move(), "moved");
  EXPECT_EQ(one.list(), "");
  EXPECT_EQ(two.list(), "TestGuest -b----");
  EXPECT_THAT(log(), Not(HasSubstr("WARNING")));
}

TEST_F(Preflight, AnOlderXenIsRefusedWithBothVersionsAndANewerOneTakesIt) {
  start();
  two.xen.change_host([](xc::HostInfo& h) { h.xen_minor = 16; });
  EXPECT_EQ(refusal(),
            "TestGuest comes from Xen 4.17, and Xen is 4.16 here: an older Xen cannot read what a newer one writes. "
            "(from 127.0.0.1)");
  two.xen.change_host([](xc::HostInfo& h) {
    h.xen_major = 3;
    h.xen_minor = 18;
  });
  EXPECT_THAT(refusal(), HasSubstr("Xen is 3.18 here"));
  two.xen.change_host([](xc::HostInfo& h) {
    h.xen_major = 5;
    h.xen_minor = 0;
  });
  EXPECT_EQ(move(), "moved");
}

TEST_F(Preflight, FeaturesThatItHasSeenAreNamed) {
  start();
  two.xen.change_cpu([](xc::CpuPolicy& cpu) { cpu.features[5] &= ~(kAvx2 | kRdseed); });
  EXPECT_EQ(refusal(), "TestGuest has seen CPU features that this host cannot give it: avx2, rdseed. (from 127.0.0.1)");
  one.xen.change_cpu([](xc::CpuPolicy& cpu) { cpu.features[5] &= ~(kAvx2 | kRdseed); });
  EXPECT_EQ(move(), "moved");
}

TEST_F(Preflight, AHostWithMoreFeaturesTakesIt) {
  start();
  one.xen.change_cpu([](xc::CpuPolicy& cpu) { cpu = {1, 0, 0x80000001, {}}; });
  EXPECT_EQ(move(), "moved");
}

TEST_F(Preflight, LeavesOfCpuidThatTheHostHasNot) {
  start();
  two.xen.change_cpu([](xc::CpuPolicy& cpu) {
    cpu.basic_max = 0xb;
    cpu.feature_max = 0;
    cpu.extended_max = 0x80000008;
  });
  EXPECT_EQ(refusal(),
            "TestGuest has seen leaves of CPUID up to 0xd, and guests have them up to 0xb here.\n"
            "TestGuest has seen subleaves of leaf 7 of CPUID up to 0x1, and guests have them up to 0x0 here.\n"
            "TestGuest has seen extended leaves of CPUID up to 0x80000021, and guests have them up to 0x80000008 here. "
            "(from 127.0.0.1)");
}

TEST_F(Preflight, TooLittleMemory) {
  start();
  two.xen.change_host([](xc::HostInfo& h) { h.total_kib = xc::MiB{1024 + 66}; });
  EXPECT_EQ(refusal(),
            "Not enough memory for TestGuest: I need 68608 KiB (67 MiB), but 66 MiB are free, and dom0 gives none "
            "(enable-dom0-ballooning is False). (from 127.0.0.1)");
  xend::Options gives = *two.options.get();
  gives.enable_dom0_ballooning = true;
  gives.dom0_min_mem = xc::MiB{1024};
  two.options.set(gives);
  EXPECT_THAT(refusal(), HasSubstr("66 MiB are free, and dom0 could give 0 MiB (dom0-min-mem is 1024 MiB)."));
  gives.dom0_min_mem = xc::MiB{1000};
  two.options.set(gives);
  EXPECT_EQ(move(), "moved");
}

// It has more than its target, until it has given the rest back.
TEST_F(Preflight, TheMemoryThatItHasNowIsWhatItNeeds) {
  start();
  one.xen.change_domain(1, [](xc::DomainInfo& info) { info.memory = xc::MiB{3500}; });
  EXPECT_THAT(refusal(), HasSubstr("I need 3586048 KiB (3502 MiB), but 3072 MiB are free"));
}

TEST_F(Preflight, ADiskThatIsNotThere) {
  start();
  std::filesystem::remove(image());
  EXPECT_EQ(refusal(), "Disk image does not exist: " + image() + " (from 127.0.0.1)");
}

TEST_F(Preflight, ADiskThatAGuestThereHas) {
  start();
  xend::create_domain(*two.host, sxp::parse_one("(vm (name Other) (memory 64) (image (linux (kernel /proc/version)"
                                                " (type pvh))) (device (vbd (uname file:" +
                                                image() + ") (dev xvda) (mode w))))"));
  xend::wait_for_devices(*two.host->domains.get("Other"));
  EXPECT_THAT(refusal(), StartsWith("Device 51712 (vbd) could not be connected. File " + image() +
                                    " is loopback-mounted through "));
}

TEST_F(Preflight, ABridgeThatIsNotThere) {
  start();
  std::filesystem::remove_all(two.folder / "root/sys/class/net");
  EXPECT_EQ(refusal(), "There is no bridge xenbr0 for vif 0. (from 127.0.0.1)");
}

TEST_F(Preflight, AKindOfGuestThatTheHostCannotRun) {
  start();
  two.xen.change_host([](xc::HostInfo& h) { h.hvm = false; });
  EXPECT_THAT(refusal(), StartsWith("HVM guest support is unavailable"));
}

TEST_F(Preflight, ANameThatAManagedDomainHas) {
  start();
  xend::define_domain(*two.host,
                      sxp::parse_one("(vm (name TestGuest) (memory 64) (image (linux (kernel /proc/version))))"));
  EXPECT_EQ(refusal(),
            "VM name 'TestGuest' already exists: a managed domain has it, which does not run now. (from 127.0.0.1)");
}

// The name comes first: scripts know that line.
TEST_F(Preflight, AllThatIsInTheWayIsSaidAtOnce) {
  start();
  two.start_guest("TestGuest");
  two.xen.change_host([](xc::HostInfo& h) {
    h.total_kib = xc::MiB{1024 + 64 + 8};
    h.xen_minor = 15;
    h.hvm = false;
  });
  two.xen.change_cpu([](xc::CpuPolicy& cpu) { cpu.features[5] &= ~kAvx2; });
  std::filesystem::remove_all(two.folder / "root/sys/class/net");
  std::filesystem::remove(two.folder / "root/etc/xen/scripts/block");
  std::filesystem::remove(image());
  EXPECT_EQ(refusal(),
            "Domain 'TestGuest' already exists with ID '1'\n"
            "TestGuest comes from Xen 4.17, and Xen is 4.15 here: an older Xen cannot read what a newer one writes.\n"
            "TestGuest has seen CPU features that this host cannot give it: avx2.\n"
            "Not enough memory for TestGuest: I need 68608 KiB (67 MiB), but 8 MiB are free, and dom0 gives none "
            "(enable-dom0-ballooning is False).\n"
            "HVM guest support is unavailable: is VT/AMD-V supported by your CPU and enabled in your BIOS?\n"
            "Disk image does not exist: " +
                image() +
                "\n"
                "There is no script /etc/xen/scripts/block for device 51712 (vbd) that can be run.\n"
                "There is no bridge xenbr0 for vif 0. (from 127.0.0.1)");
}

// Its disk is there when the guest is suspended, and that is early enough.
TEST_F(Preflight, WhatTheMigrationToolBringsIsNotMissedBeforehand) {
  start();
  std::filesystem::remove(image());
  xend::Options with_tool = *one.options.get();
  with_tool.external_migration_tool = "/opt/tool";
  one.options.set(with_tool);
  one.scripts.behave([this](const xend::ScriptCall& call) {
    if (call.path != "/opt/tool") return one.scripts.succeed(call);
    if (call.arguments.at(3) == "2") std::ofstream(image()) << "the disk";
    return xend::ScriptResult{};
  });
  EXPECT_EQ(move(), "moved");
}

// ---- what one of the two cannot tell

TEST_F(Preflight, ASourceThatCannotReadThePolicyIsBelieved) {
  start();
  two.xen.change_cpu([](xc::CpuPolicy& cpu) { cpu.features.clear(); });
  one.xen.fail_next("cpu_policy", EPERM);
  EXPECT_EQ(move(), "moved");
  EXPECT_THAT(log(), HasSubstr("Domain TestGuest (1) moves without all being known about it: which CPU features"));
  EXPECT_THAT(log(), HasSubstr("moves without all being known about it: its source does not say"));
}

TEST_F(Preflight, ADestinationThatCannotReadThePolicyTakesIt) {
  start();
  two.xen.fail_next("most_cpu_policy", EOPNOTSUPP);
  EXPECT_EQ(move(), "moved");
  EXPECT_THAT(log(), HasSubstr("moves without all being known about it: which CPU features this host can give it"));
}

// The first releases with a handover sent no needs.
TEST_F(Preflight, AnOfferWithoutNeedsIsTaken) {
  xend::PeerLink link(xend::connect_to("127.0.0.1", two.listen()), "two");
  xend::Message offer{.kind = xend::Message::Kind::kOffer, .ticket = xend::Ticket::random()};
  offer.offer = sxp::parse_one(
      "(domain (name Old) (uuid 06ed00fe-1162-4fc4-b5d8-11993ee4a8b9) (memory 64)"
      " (image (linux (kernel /proc/version) (type pvh))))");
  link.send(offer);
  EXPECT_EQ(link.receive(5s).kind, xend::Message::Kind::kReady);
  EXPECT_THAT(log(), HasSubstr("Domain Old, from 127.0.0.1, moves without all being known about it: its source"));
}

// Hundreds of disks of a stranger's: the answer still fits.
TEST_F(Preflight, AHostileOfferGetsAnAnswerOfSomeLines) {
  xend::PeerLink link(xend::connect_to("127.0.0.1", two.listen()), "two");
  std::string config =
      "(domain (name Many) (uuid 06ed00fe-1162-4fc4-b5d8-11993ee4a8b9) (memory 64)"
      " (image (linux (kernel /proc/version) (type pvh)))";
  for (int i = 0; i < 500; ++i)
    config += fmt::format(" (device (vif (mac 00:16:3e:00:{:02x}:{:02x}) (bridge b{})))", i / 256, i % 256, i);
  xend::Message offer{.kind = xend::Message::Kind::kOffer, .ticket = xend::Ticket::random()};
  offer.offer = sxp::parse_one(config + ")");
  link.send(offer);
  const auto answer = link.receive(5s);
  EXPECT_EQ(answer.kind, xend::Message::Kind::kRefused);
  EXPECT_THAT(answer.reason, HasSubstr("There is no bridge b19 for vif 19.\nThere are 480 more reasons."));
}

// ---- what is known without asking

TEST_F(Preflight, WhatForbidsItToLeaveIsSaidBeforeAnybodyIsAsked) {
  xend::create_domain(*one.host, sxp::parse_one("(vm (name TestGuest) (memory 64) (image (linux (kernel /proc/version)"
                                                " (type pvh) (nomigrate 1))))"));
  xend::unpause_domain(*one.host, *one.host->domains.get("TestGuest"));
  try {
    xend::relocate_domain(*one.host, one.host->domains.get("TestGuest"), {.destination = "127.0.0.1", .port = 1});
    FAIL() << "it moved";
  } catch (const std::exception& e) {
    EXPECT_STREQ(e.what(), "Domain TestGuest may not be migrated: nomigrate is set in its configuration.");
  }
}

}  // namespace
}  // namespace sim
