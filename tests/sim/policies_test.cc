// What is done with a guest that has shut down: on_poweroff, on_reboot, on_crash, on_watchdog; core dumps; reset (spec
// domain-lifecycle section 12).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "tests/sim/life.h"
#include "xend/api/dispatcher.h"
#include "xend/domain/core_dump.h"
#include "xend/domain/restart.h"
#include "xend/error.h"

namespace sim {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::MatchesRegex;
using testing::Not;
using testing::StartsWith;

class Policies : public Life {
 protected:
  // A guest of two minutes, with those keys in its configuration; its id.
  xc::DomId start(const std::string& keys) {
    EXPECT_EQ(
        create("(vm (name TestGuest) (memory 64) " + keys + " (image (linux (kernel /proc/version) (type pvh))))"), "");
    const auto domid = guest()->running_domid();
    xend::unpause_domain(*host.host, *guest());
    host.helpers.set_memory(domid, "what it knew");
    started_ago(120);
    return domid;
  }
  void shuts_down(xc::DomId domid, xc::ShutdownReason reason) { host.xen.guest_shuts_down(domid, reason); }
  bool becomes(const std::string& list) {
    return eventually([&] { return host.list() == list; });
  }
  rpc::Value call(const std::string& method, rpc::Array params) {
    return xend::dispatch(*host.host, "xend.domain." + method, params, {});
  }
  std::string fault(const std::string& method, rpc::Array params) {
    return error_of([&] { call(method, std::move(params)); });
  }
  std::vector<std::string> dumps(const std::string& name = "TestGuest") {
    std::vector<std::string> files;
    std::error_code none;
    for (const auto& entry : std::filesystem::directory_iterator(host.folder / "dump" / name, none))
      files.push_back(entry.path().filename().string());
    return files;
  }
  static std::string text_of(const std::filesystem::path& file) {
    std::ostringstream text;
    text << std::ifstream(file).rdbuf();
    return text.str();
  }
  std::string vm_node(const std::string& name) {
    return host.store.read(guest()->state().vm_path + "/xend/" + name).value_or("none");
  }
};

TEST_F(Policies, EachEventHasItsOwnAction) {
  start("(on_poweroff restart)");
  shuts_down(1, xc::ShutdownReason::kPoweroff);
  EXPECT_TRUE(eventually([&] { return host.list() == "TestGuest -b----" && guest()->domid() == xc::DomId{2}; }));
  EXPECT_EQ(vm_node("last_shutdown_reason"), "poweroff");
  EXPECT_EQ(vm_node("restart_count"), "1");
  EXPECT_EQ(vm_node("restart_in_progress"), "none");
  started_ago(120);
  shuts_down(2, xc::ShutdownReason::kCrash);
  EXPECT_TRUE(eventually([&] { return host.list() == "TestGuest -b----" && guest()->domid() == xc::DomId{3}; }));
  EXPECT_EQ(call("getRestartCount", {"TestGuest"}), rpc::Value("2"));
  started_ago(120);
  shuts_down(3, xc::ShutdownReason::kWatchdog);
  EXPECT_TRUE(becomes("")) << host.list();
}

TEST_F(Policies, TheWatchdogIsAskedFor) {
  start("(on_watchdog restart)");
  shuts_down(1, xc::ShutdownReason::kWatchdog);
  EXPECT_TRUE(eventually([&] { return host.list() == "TestGuest -b----" && guest()->domid() == xc::DomId{2}; }));
  EXPECT_THAT(create("(vm (name Other) (memory 64) (on_watchdog bark))"), "Invalid event handling mode: watchdog");
}

TEST_F(Policies, AYoungGuestIsNotStartedAnew) {
  start("(on_crash rename-restart)");
  started_ago(-120);
  shuts_down(1, xc::ShutdownReason::kCrash);
  EXPECT_TRUE(becomes("")) << host.list();
  EXPECT_EQ(host.xen.domains().size(), 1u);
}

// The daemon ended in the middle of a restart: the next one does not try again.
TEST_F(Policies, ARestartThatWasBrokenOffIsNotTriedAgain) {
  start("(on_crash restart)");
  host.store.write(guest()->state().vm_path + "/xend/restart_in_progress", "True");
  shuts_down(1, xc::ShutdownReason::kCrash);
  EXPECT_TRUE(becomes("")) << host.list();
}

// The dead one stays for somebody to look at, without name, UUID and devices.
TEST_F(Policies, RenamedAndStartedAnew) {
  start("(on_crash rename-restart) (uuid 3b1d7a0e-9d7f-4c61-a2f4-7f6f0c7be5a1) (device (vif))");
  shuts_down(1, xc::ShutdownReason::kCrash);
  ASSERT_TRUE(eventually([&] { return host.list().ends_with(", TestGuest -b----"); })) << host.list();
  EXPECT_EQ(guest()->running_domid(), 2u);
  EXPECT_EQ(guest()->uuid().to_string(), "3b1d7a0e-9d7f-4c61-a2f4-7f6f0c7be5a1");
  const auto dead = host.host->domains.by_domid(1);
  ASSERT_TRUE(dead);
  EXPECT_EQ(dead->name(), "Domain-" + dead->uuid().to_string());
  EXPECT_EQ(host.list(), dead->name() + " ----c-, TestGuest -b----");
  EXPECT_EQ(host.xen.domain(1)->handle, dead->uuid());
  EXPECT_EQ(host.store.read("/local/domain/1/xend/shutdown_completed"), "True");
  EXPECT_EQ(host.store.read("/local/domain/1/vm"), "/vm/" + dead->uuid().to_string());
  EXPECT_EQ(host.store.read("/local/domain/2/vm"), "/vm/3b1d7a0e-9d7f-4c61-a2f4-7f6f0c7be5a1");
  EXPECT_THAT(host.store.list("/local/domain/1/device/vif"), IsEmpty());
  EXPECT_THAT(host.store.list("/local/domain/0/backend/vif/1"), IsEmpty());
  EXPECT_EQ(guest()->state().config.devices.size(), 2u);  // and the console
  host.restart_daemon();
  EXPECT_EQ(host.list(), dead->name() + " ----c-, TestGuest -b----");
  xend::destroy_domain(*host.host, host.host->domains.by_domid(1));
  EXPECT_EQ(host.list(), "TestGuest -b----");
}

TEST_F(Policies, TheSuccessorOfAManagedDomainIsManaged) {
  const auto config = sxp::parse_one(
      "(vm (name TestGuest) (memory 64) (on_crash rename-restart) (image (linux (kernel /proc/version))))");
  call("new", {rpc::from_sxp(config)});
  call("start", {"TestGuest", false});
  started_ago(120);
  shuts_down(1, xc::ShutdownReason::kCrash);
  ASSERT_TRUE(eventually([&] { return host.list().ends_with(", TestGuest -b----"); })) << host.list();
  xend::destroy_domain(*host.host, host.host->domains.by_domid(1));
  EXPECT_EQ(host.list(), "TestGuest -b----");
  call("destroy", {"TestGuest"});
  EXPECT_EQ(host.list(), "TestGuest halted");
}

// Whatever fails on the way, a managed domain is at rest afterwards and an unmanaged one gone.
TEST_F(Policies, ARestartThatFailsLeavesNoHalfDomain) {
  start("(on_crash restart)");
  host.helpers.fail_next_build("xc_build failed\nno memory");
  shuts_down(1, xc::ShutdownReason::kCrash);
  EXPECT_TRUE(eventually([&] { return !host.host->domains.find("TestGuest"); })) << host.list();
  call("new",
       {rpc::from_sxp(sxp::parse_one("(vm (name TestGuest) (memory 64) (image (linux (kernel /proc/version))))"))});
  call("start", {"TestGuest", false});
  started_ago(120);
  host.helpers.fail_next_build("xc_build failed\nno memory");
  shuts_down(guest()->running_domid(), xc::ShutdownReason::kReboot);
  EXPECT_TRUE(becomes("TestGuest halted")) << host.list();
}

TEST_F(Policies, ACrashedGuestIsDumpedAndDestroyed) {
  start("(on_crash coredump-destroy)");
  shuts_down(1, xc::ShutdownReason::kCrash);
  EXPECT_TRUE(becomes("")) << host.list();
  ASSERT_EQ(dumps().size(), 1u);
  EXPECT_THAT(dumps()[0], MatchesRegex("[0-9]{4}-[0-9]{4}-[0-9]{4}\\.[0-9]{2}-TestGuest\\.1\\.core"));
  EXPECT_EQ(text_of(host.folder / "dump/TestGuest" / dumps()[0]), "core of what it knew");
  using std::filesystem::perms;
  EXPECT_EQ(std::filesystem::status(host.folder / "dump/TestGuest").permissions(), perms::owner_all);
  EXPECT_EQ(std::filesystem::status(host.folder / "dump/TestGuest" / dumps()[0]).permissions(),
            perms::owner_read | perms::owner_write);
}

TEST_F(Policies, ACrashedGuestIsDumpedAndStartedAnew) {
  start("(on_crash coredump_and_restart)");
  shuts_down(1, xc::ShutdownReason::kCrash);
  EXPECT_TRUE(eventually([&] { return host.list() == "TestGuest -b----" && guest()->domid() == xc::DomId{2}; }));
  EXPECT_EQ(dumps().size(), 1u);
  // A reboot is not a crash.
  started_ago(120);
  shuts_down(2, xc::ShutdownReason::kReboot);
  EXPECT_TRUE(eventually([&] { return host.list() == "TestGuest -b----" && guest()->domid() == xc::DomId{3}; }));
  EXPECT_EQ(dumps().size(), 1u);
}

TEST_F(Policies, EnableDumpIsForEveryCrash) {
  xend::Options options;
  options.enable_dump = true;
  host.options.set(options);
  start("(on_crash preserve)");
  shuts_down(1, xc::ShutdownReason::kCrash);
  EXPECT_TRUE(eventually([&] { return guest()->state().preserved; }));
  EXPECT_EQ(dumps().size(), 1u);
}

TEST_F(Policies, ADumpThatFailsChangesNothingOfWhatFollows) {
  start("(on_crash coredump-restart)");
  host.helpers.fail_next_dump("xc_dump failed\nno space");
  shuts_down(1, xc::ShutdownReason::kCrash);
  EXPECT_TRUE(eventually([&] { return host.list() == "TestGuest -b----" && guest()->domid() == xc::DomId{2}; }));
  ASSERT_EQ(dumps().size(), 1u);
  EXPECT_TRUE(dumps()[0].ends_with(".core-incomplete"));
}

TEST_F(Policies, DumpedOnRequest) {
  start("");
  EXPECT_EQ(fault("dump", {"TestGuest", path("core")}), "");
  EXPECT_EQ(text_of(path("core")), "core of what it knew");
  EXPECT_THAT(host.xen.calls(), Contains("pause 1"));
  EXPECT_EQ(host.list(), "TestGuest -b----");
  EXPECT_EQ(vm_node("dumpcore_in_progress"), "none");
  EXPECT_EQ(fault("dump", {"TestGuest"}), "");
  EXPECT_EQ(dumps().size(), 1u);
}

TEST_F(Policies, DumpedLivePausedAndWithWhatFollows) {
  start("");
  EXPECT_EQ(fault("dump", {"TestGuest", path("live"), true}), "");
  EXPECT_THAT(host.xen.calls(), Not(Contains("pause 1")));
  call("pause", {"TestGuest"});
  EXPECT_EQ(fault("dump", {"TestGuest", path("paused")}), "");
  EXPECT_EQ(host.list(), "TestGuest -bp---");
  EXPECT_EQ(fault("dump", {"TestGuest", path("reset"), false, false, true}), "");
  EXPECT_EQ(host.list(), "TestGuest -b----");
  EXPECT_EQ(guest()->running_domid(), 2u);
  EXPECT_EQ(fault("dump", {"TestGuest", path("crash"), false, true, false}), "");
  EXPECT_EQ(host.list(), "");
  EXPECT_EQ(text_of(path("crash")), "core of fresh TestGuest");
}

TEST_F(Policies, WhatIsNotDumped) {
  start("");
  EXPECT_EQ(fault("dump", {"Domain-0"}), "Cannot dump core for privileged domain Domain-0");
  EXPECT_EQ(fault("dump", {"nosuch"}), "nosuch");
  EXPECT_EQ(fault("dump", {"TestGuest", path("")}), "Cannot dump core in a directory: " + path(""));
  EXPECT_THAT(fault("dump", {"TestGuest", "/no/such/folder/core"}),
              StartsWith("Failed to dump core: /no/such/folder/"));
  EXPECT_EQ(host.list(), "TestGuest -b----");
  call("new", {rpc::from_sxp(sxp::parse_one("(vm (name Halted) (memory 64))"))});
  EXPECT_EQ(fault("dump", {"Halted"}), "Domain 'Halted' is not started");
}

TEST_F(Policies, ADumpThatFailsSaysSoAndTheGuestGoesOn) {
  start("");
  std::ofstream(path("core")) << "an old one";
  host.helpers.fail_next_dump("xc_dump failed\nno space");
  EXPECT_THAT(fault("dump", {"TestGuest", path("core"), false, true}),
              StartsWith("Failed to dump core: xc_dump failed\nno space"));
  EXPECT_EQ(text_of(path("core-incomplete")), "core of ");
  EXPECT_EQ(text_of(path("core")), "an old one");
  EXPECT_EQ(host.list(), "TestGuest -b----");
}

// Such a name is allowed, and is no folder for it.
TEST_F(Policies, ANameThatWouldLeadElsewhereDoesNot) {
  EXPECT_EQ(create("(vm (name ..) (memory 64) (image (linux (kernel /proc/version))))"), "");
  EXPECT_EQ(fault("dump", {".."}), "");
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(host.folder / "dump"))
    files.push_back(entry.path().filename().string());
  EXPECT_THAT(files, ElementsAre(MatchesRegex(".*-\\.\\.\\.1\\.core")));
}

TEST_F(Policies, ResetHasANewIdAndTheSameConfiguration) {
  start("(maxmem 128)");
  call("setMemoryTarget", {"TestGuest", 72});
  EXPECT_EQ(fault("reset", {"TestGuest"}), "");
  EXPECT_EQ(host.list(), "TestGuest -b----");
  EXPECT_EQ(guest()->running_domid(), 2u);
  EXPECT_EQ(guest()->state().config.memory.value, 72u);
  EXPECT_EQ(call("getRestartCount", {"TestGuest"}), rpc::Value("0"));
  // A minute is for guests that reset themselves.
  EXPECT_EQ(fault("reset", {"TestGuest"}), "");
  EXPECT_EQ(guest()->running_domid(), 3u);
}

TEST_F(Policies, WhatIsNotReset) {
  EXPECT_EQ(fault("reset", {"Domain-0"}), "Cannot reset privileged domain Domain-0");
  EXPECT_EQ(fault("reset", {"nosuch"}), "nosuch");
  call("new", {rpc::from_sxp(sxp::parse_one("(vm (name Halted) (memory 64))"))});
  EXPECT_EQ(fault("reset", {"Halted"}), "Domain 'Halted' is not started");
  EXPECT_EQ(host.list(), "Halted halted");
}

TEST_F(Policies, AResetThatFailsIsSaid) {
  start("");
  host.helpers.fail_next_build("xc_build failed\nno memory");
  EXPECT_EQ(fault("reset", {"TestGuest"}), "xc_build failed\nno memory");
  EXPECT_EQ(host.list(), "");
}

TEST_F(Policies, AGuestThatDoesNotShutDownIsCalledUnresponsive) {
  start("");
  host.host->shutdown_limit = std::chrono::milliseconds(50);
  EXPECT_EQ(fault("shutdown", {"TestGuest", "poweroff"}), "");
  EXPECT_TRUE(eventually([&] { return host.store.read("/local/domain/1/xend/unresponsive") == "True"; }));
  EXPECT_EQ(host.list(), "TestGuest -b----");
}

// Asked by a daemon that is gone.
TEST_F(Policies, TheNextDaemonGoesOnCounting) {
  start("");
  call("shutdown", {"TestGuest", "poweroff"});
  host.restart_daemon();
  EXPECT_FALSE(host.store.read("/local/domain/1/xend/unresponsive"));
  host.store.write("/local/domain/1/xend/shutdown_start_time", "1000.00");
  host.restart_daemon();
  EXPECT_TRUE(eventually([&] { return host.store.read("/local/domain/1/xend/unresponsive") == "True"; }));
}

}  // namespace
}  // namespace sim
