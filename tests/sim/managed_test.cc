// Domains that outlive their running: defined, started, suspended, resumed, deleted, and found again (spec
// domain-lifecycle section 14). Through the methods that clients call.
#include "xend/domain/managed.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/sim/managed.h"
#include "xend/error.h"

namespace sim {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

TEST_F(Managed, DefinedStartedAndStillThereWhenItHasEnded) {
  EXPECT_EQ(define(), "");
  EXPECT_EQ(host.list(), "TestGuest halted");
  EXPECT_EQ(host.xen.domains().size(), 1u);
  EXPECT_EQ(fault("start", {"TestGuest", false}), "");
  EXPECT_EQ(host.list(), "TestGuest -b----");
  EXPECT_EQ(fault("start", {"TestGuest", false}), "Domain is already running");
  host.xen.guest_shuts_down(1, xc::ShutdownReason::kPoweroff);
  EXPECT_TRUE(eventually([&] { return host.list() == "TestGuest halted"; })) << host.list();
  EXPECT_EQ(fault("start", {kUuid}), "");
  EXPECT_EQ(host.list(), "TestGuest --p---");
  EXPECT_EQ(guest()->running_domid(), 2u);
  EXPECT_EQ(fault("destroy", {"TestGuest"}), "");
  EXPECT_EQ(host.list(), "TestGuest halted");
  EXPECT_EQ(fault("destroy", {"TestGuest"}), "");
  EXPECT_EQ(host.list(), "TestGuest halted");
}

TEST_F(Managed, ListedWithoutIdAndState) {
  define("(device (vif (mac 00:16:3e:00:00:01)))");
  const auto sxp = listed();
  EXPECT_EQ(sxp::child(sxp, "domid"), nullptr);
  EXPECT_EQ(sxp::child(sxp, "state"), nullptr);
  EXPECT_EQ(sxp::child_text(sxp, "status"), "0");
  EXPECT_EQ(sxp::child_text(sxp, "vcpus"), "2");
  EXPECT_EQ(sxp::children_named(sxp, "device").size(), 1u);
  const auto names = [&](rpc::Value state) {
    return xend::dispatch(*host.host, "xend.domains_with_state", {false, std::move(state), false}, {});
  };
  EXPECT_EQ(names("halted"), rpc::Value(rpc::Array{"TestGuest"}));
  EXPECT_EQ(names(0), rpc::Value(rpc::Array{"TestGuest"}));
  EXPECT_EQ(names("all"), rpc::Value((rpc::Array{"Domain-0", "TestGuest"})));
  EXPECT_EQ(names("suspended"), rpc::Value(rpc::Array{}));
  EXPECT_EQ(xend::dispatch(*host.host, "xend.domains", {false}, {}), rpc::Value(rpc::Array{"Domain-0"}));
}

TEST_F(Managed, WhatTheFileOfADefinedDomainSays) {
  define("(device (vif (mac 00:16:3e:00:00:01)))");
  EXPECT_THAT(file(), StartsWith("(domain\n"));
  for (const char* line :
       {"(name TestGuest)", "(uuid 3b1d7a0e-9d7f-4c61-a2f4-7f6f0c7be5a1)", "(memory 64)", "(vcpus 2)",
        "(memory_static_max 67108864)", "(vcpus_params ((cap 0) (weight 256)))", "(mac 00:16:3e:00:00:01)"})
    EXPECT_THAT(file(), HasSubstr(line));
  EXPECT_EQ(std::filesystem::status(kept()).permissions(), std::filesystem::perms::owner_all);
  EXPECT_EQ(std::filesystem::status(kept() / "config.sxp").permissions(),
            std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
}

TEST_F(Managed, AnUnmanagedDomainLeavesNoFile) {
  host.start_guest("TestGuest");
  EXPECT_FALSE(std::filesystem::exists(host.folder / "managed"));
  EXPECT_EQ(fault("suspend", {"TestGuest"}), "Domain is not managed by Xend lifecycle support.");
  EXPECT_EQ(fault("delete", {"TestGuest"}), "Domain is not halted.");
  EXPECT_EQ(fault("start", {"TestGuest"}), "Domain is already running");
}

TEST_F(Managed, ItIsKnownToTheNextDaemon) {
  define("(on_reboot preserve) (device (vif (mac 00:16:3e:00:00:01)))");
  host.restart_daemon();
  EXPECT_EQ(host.list(), "TestGuest halted");
  EXPECT_EQ(guest()->state().config.on_reboot, xend::Action::kPreserve);
  ASSERT_EQ(fault("start", {"TestGuest", false}), "");
  host.restart_daemon();
  EXPECT_EQ(host.list(), "TestGuest -b----");
  host.xen.guest_shuts_down(1, xc::ShutdownReason::kPoweroff);
  EXPECT_TRUE(eventually([&] { return host.list() == "TestGuest halted"; })) << host.list();
}

// It ended while no daemon was there to see it.
TEST_F(Managed, EndedWhileTheDaemonWasAway) {
  define();
  call("start", {"TestGuest", false});
  host.xen.on_release({});
  host.xen.destroy(1);
  host.xen.on_release([this] { host.store.fire("@releaseDomain"); });
  host.restart_daemon();
  EXPECT_EQ(host.list(), "TestGuest halted");
}

TEST_F(Managed, DeletedWithAllThatIsKeptOfIt) {
  define();
  call("start", {"TestGuest", false});
  EXPECT_EQ(fault("delete", {"TestGuest"}), "Domain is not halted.");
  call("destroy", {"TestGuest"});
  EXPECT_EQ(fault("delete", {"TestGuest"}), "");
  EXPECT_EQ(host.list(), "");
  EXPECT_FALSE(std::filesystem::exists(kept()));
  EXPECT_EQ(fault("delete", {"TestGuest"}), "TestGuest");
  EXPECT_EQ(fault("delete", {"Domain-0"}), "Domain is not halted.");
  host.restart_daemon();
  EXPECT_EQ(host.list(), "");
}

TEST_F(Managed, SuspendedOverARestartOfTheDaemonAndResumed) {
  define();
  call("start", {"TestGuest", false});
  host.helpers.set_memory(1, "what it knows");
  EXPECT_EQ(fault("suspend", {"TestGuest"}), "");
  EXPECT_EQ(host.list(), "TestGuest suspended");
  EXPECT_EQ(sxp::child_text(listed(), "status"), "3");
  EXPECT_TRUE(has_image());
  EXPECT_EQ(host.xen.domains().size(), 1u);
  host.restart_daemon();
  EXPECT_EQ(host.list(), "TestGuest suspended");
  EXPECT_EQ(fault("resume", {"TestGuest"}), "");
  EXPECT_EQ(host.list(), "TestGuest -b----");
  EXPECT_EQ(host.helpers.memory_of(2), "what it knows");
  EXPECT_FALSE(has_image());
  call("destroy", {"TestGuest"});
  EXPECT_EQ(host.list(), "TestGuest halted");
}

TEST_F(Managed, ResumedPaused) {
  define();
  call("start", {"TestGuest", false});
  call("suspend", {"TestGuest"});
  EXPECT_EQ(fault("resume", {"TestGuest", true}), "");
  EXPECT_EQ(host.list(), "TestGuest --p---");
}

// With its image on the disk and another life on the same disks, one of them would be destroyed.
TEST_F(Managed, ASuspendedDomainIsNotStartedOrDeleted) {
  define();
  call("start", {"TestGuest", false});
  call("suspend", {"TestGuest"});
  EXPECT_THAT(fault("start", {"TestGuest"}), StartsWith("Domain is already running\nTestGuest is suspended"));
  EXPECT_THAT(fault("delete", {"TestGuest"}), StartsWith("Domain is not halted.\nTestGuest is suspended"));
  EXPECT_THAT(define(), HasSubstr("The managed domain TestGuest is suspended: xm resume"));
  EXPECT_THAT(create(std::string("(vm (name TestGuest) (uuid ") + kUuid +
                     ") (memory 64) (image (linux (kernel /proc/version))))"),
              HasSubstr("is suspended"));
  EXPECT_EQ(host.list(), "TestGuest suspended");
}

TEST_F(Managed, WhatCannotBeSuspendedOrResumed) {
  define();
  EXPECT_EQ(fault("suspend", {"TestGuest"}), "Domain is not running");
  EXPECT_EQ(fault("suspend", {"Domain-0"}), "Cannot suspend privileged domain Domain-0");
  EXPECT_EQ(fault("resume", {"Domain-0"}), "Error occurred when resuming: Cannot resume privileged domain Domain-0");
  EXPECT_EQ(fault("resume", {"TestGuest"}),
            "Error occurred when resuming: Cannot resume domain that is not suspended.");
  EXPECT_EQ(fault("resume", {"nosuch"}), "Error occurred when resuming: <Fault 3: 'nosuch'>");
  call("start", {"TestGuest"});
  EXPECT_EQ(fault("suspend", {"TestGuest"}), "Domain is not running");
}

TEST_F(Managed, ASuspendThatFailsLeavesItRunning) {
  define();
  call("start", {"TestGuest", false});
  host.guests_suspend(false);
  EXPECT_THAT(fault("suspend", {"TestGuest"}), HasSubstr("Timeout waiting for domain 1 to suspend"));
  EXPECT_EQ(host.list(), "TestGuest -b----");
  EXPECT_FALSE(has_image());
}

TEST_F(Managed, ADamagedImageLeavesItSuspended) {
  define();
  call("start", {"TestGuest", false});
  call("suspend", {"TestGuest"});
  const auto image = kept() / "checkpoint.chk";
  std::filesystem::resize_file(image, std::filesystem::file_size(image) - 1);
  EXPECT_THAT(fault("resume", {"TestGuest"}), StartsWith("Error occurred when resuming: xc_restore failed"));
  EXPECT_EQ(host.list(), "TestGuest suspended");
  std::ofstream(image) << "no image";
  EXPECT_THAT(fault("resume", {"TestGuest"}), StartsWith("Error occurred when resuming: not a valid guest state file"));
  EXPECT_EQ(host.list(), "TestGuest suspended");
  EXPECT_EQ(host.xen.domains().size(), 1u);
}

// The daemon ended after the image was whole and before the guest was destroyed.
TEST_F(Managed, AnImageBesideASuspendedGuestIsWhole) {
  define();
  call("start", {"TestGuest", false});
  std::ofstream(kept() / "checkpoint.chk") << "image";
  host.xen.on_release({});
  host.xen.guest_shuts_down(1, xc::ShutdownReason::kSuspend);
  host.xen.on_release([this] { host.store.fire("@releaseDomain"); });
  host.restart_daemon();
  EXPECT_EQ(host.list(), "TestGuest suspended");
  EXPECT_EQ(host.xen.domains().size(), 1u);
}

// It ended after the guest was restored and before its image was removed: that is of the past.
TEST_F(Managed, AnImageBesideARunningGuestIsOfThePast) {
  define();
  call("start", {"TestGuest", false});
  std::ofstream(kept() / "checkpoint.chk") << "image";
  host.restart_daemon();
  EXPECT_FALSE(has_image());
  EXPECT_EQ(host.list(), "TestGuest -b----");
}

TEST_F(Managed, NamesAndUuidsAreTakenByThoseThatDoNotRunToo) {
  define();
  EXPECT_EQ(create("(vm (name TestGuest) (memory 64) (image (linux (kernel /proc/version))))"),
            "VM name 'TestGuest' already exists");
  host.start_guest("Other");
  EXPECT_EQ(fault("new", {rpc::from_sxp(sxp::parse_one("(vm (name Other) (memory 64))"))}),
            "VM name 'Other' already exists as domain 1");
  EXPECT_EQ(fault("setName", {"Other", "TestGuest"}), "VM name 'TestGuest' already exists");
  EXPECT_EQ(fault("setName", {"TestGuest", "Other"}), "VM name 'Other' already exists as domain 1");
  EXPECT_EQ(host.list(), "Other -b----, TestGuest halted");
}

// `xm create` of its own file: it runs, as that file says, and is still managed.
TEST_F(Managed, CreatedWithItsUuidItIsTheSameDomain) {
  define();
  EXPECT_EQ(create(std::string("(vm (name TestGuest) (uuid ") + kUuid +
                   ") (memory 96) (image (linux (kernel /proc/version))))"),
            "");
  EXPECT_EQ(host.list(), "TestGuest --p---");
  EXPECT_THAT(file(), HasSubstr("(memory 96)"));
  call("destroy", {"TestGuest"});
  EXPECT_EQ(host.list(), "TestGuest halted");
}

TEST_F(Managed, ACreationThatFailsLeavesItAsItWas) {
  define();
  const auto before = file();
  host.helpers.fail_next_build("xc_build failed\nno memory");
  EXPECT_NE(create(std::string("(vm (name TestGuest) (uuid ") + kUuid +
                   ") (memory 96) (image (linux (kernel /proc/version))))"),
            "");
  EXPECT_EQ(host.list(), "TestGuest halted");
  EXPECT_EQ(guest()->state().config.memory.value, 64u);
  EXPECT_EQ(file(), before);
}

TEST_F(Managed, AStartThatFailsLeavesItHalted) {
  define();
  host.helpers.fail_next_build("xc_build failed\nno memory");
  EXPECT_EQ(fault("start", {"TestGuest"}), "xc_build failed\nno memory");
  EXPECT_EQ(host.list(), "TestGuest halted");
  EXPECT_EQ(host.xen.domains().size(), 1u);
  EXPECT_EQ(fault("start", {"TestGuest"}), "");
}

TEST_F(Managed, DefinedAnewItHasTheNewConfiguration) {
  define();
  EXPECT_EQ(define("(maxmem 128)", "Renamed"), "");
  EXPECT_EQ(host.list(), "Renamed halted");
  EXPECT_THAT(file(), HasSubstr("(name Renamed)"));
  EXPECT_EQ(define("(device (vtpm (instance 1)))"), "XendConfig: vtpm not a valid device type");
  EXPECT_EQ(host.list(), "Renamed halted");
}

// Every change of section 14, while it runs.
// A disk that is full, or a folder that is gone: the change is refused, and nothing is half done.

}  // namespace
}  // namespace sim
