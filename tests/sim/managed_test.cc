// Domains that outlive their running: defined, started, suspended, resumed, deleted, and found again (spec
// domain-lifecycle section 14). Through the methods that clients call.
#include "xend/domain/managed.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "rpc/fault.h"
#include "tests/sim/life.h"
#include "xend/api/dispatcher.h"
#include "xend/domain/save.h"
#include "xend/error.h"
#include "xend/relocation/sender.h"

namespace sim {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr char kUuid[] = "3b1d7a0e-9d7f-4c61-a2f4-7f6f0c7be5a1";

class Managed : public Life {
 protected:
  rpc::Value call(const std::string& method, rpc::Array params) {
    return xend::dispatch(*host.host, "xend.domain." + method, params, {});
  }
  std::string fault(const std::string& method, rpc::Array params) {
    return error_of([&] { call(method, std::move(params)); });
  }
  std::string define(const std::string& more = "", const std::string& name = "TestGuest") {
    const auto config =
        sxp::parse_one("(vm (name " + name + ") (uuid " + kUuid +
                       ") (memory 64) (vcpus 2) (image (linux (kernel /proc/version) (type pvh))) " + more + ")");
    return fault("new", {rpc::from_sxp(config)});
  }
  std::filesystem::path kept() { return host.folder / "managed" / kUuid; }
  std::string file() {
    std::ostringstream text;
    text << std::ifstream(kept() / "config.sxp").rdbuf();
    return text.str();
  }
  bool has_image() { return std::filesystem::exists(kept() / "checkpoint.chk"); }
  std::string state_in_xen() { return fault("pause", {"TestGuest"}); }
  sxp::Value listed() { return rpc::to_sxp(xend::dispatch(*host.host, "xend.domain", {"TestGuest", true}, {})); }
};

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
TEST_F(Managed, WhatChangesWhileItRunsIsKept) {
  define("(maxmem 256)");
  call("start", {"TestGuest", false});
  call("setMemoryTarget", {"TestGuest", 72});
  EXPECT_THAT(file(), HasSubstr("(memory 72)"));
  call("maxmem_set", {"TestGuest", 200});
  EXPECT_THAT(file(), HasSubstr("(maxmem 200)"));
  call("setVCpuCount", {"TestGuest", 1});
  EXPECT_THAT(file(), HasSubstr("(vcpu_avail 1)"));
  call("pincpu", {"TestGuest", 0, "1,3"});
  EXPECT_THAT(file(), HasSubstr("(cpus ((1 3) ()))"));
  call("sched_credit_set", {"TestGuest", 512, 50});
  EXPECT_THAT(file(), HasSubstr("(vcpus_params ((cap 50) (weight 512)))"));
  call("device_create", {"TestGuest", rpc::from_sxp(sxp::parse_one("(vif (mac 00:16:3e:00:00:07))"))});
  EXPECT_THAT(file(), HasSubstr("00:16:3e:00:00:07"));
  call("destroyDevice", {"TestGuest", "vif", 0, true, true});
  EXPECT_THAT(file(), Not(HasSubstr("00:16:3e:00:00:07")));
  call("setName", {"TestGuest", "Renamed"});
  EXPECT_THAT(file(), HasSubstr("(name Renamed)"));
  call("destroy", {"Renamed"});
  host.restart_daemon();
  EXPECT_EQ(host.list(), "Renamed halted");
  EXPECT_EQ(guest("Renamed")->state().config.cpu_weight, 512u);
}

TEST_F(Managed, WhatChangesWhileItDoesNotRunIsKept) {
  define("(maxmem 256)");
  call("setMemoryTarget", {"TestGuest", 72});
  EXPECT_THAT(fault("setMemoryTarget", {"TestGuest", 300}),
              StartsWith("memory_dynamic_max must be less than or equal to memory_static_max"));
  call("maxmem_set", {"TestGuest", 200});
  call("setVCpuCount", {"TestGuest", 3});
  call("pincpu", {"TestGuest", 2, "1"});
  EXPECT_THAT(fault("pincpu", {"TestGuest", 3, "1"}), StartsWith("Cannot pin vcpu: 3 to cpu: [1] - "));
  call("sched_credit_set", {"TestGuest", 512});
  EXPECT_EQ(call("sched_credit_get", {"TestGuest"}), rpc::Value((rpc::Struct{{"weight", 512}, {"cap", 0}})));
  EXPECT_EQ(call("device_create", {"TestGuest", rpc::from_sxp(sxp::parse_one("(vif (mac 00:16:3e:00:00:07))"))}),
            rpc::Value((rpc::Array{"vif", rpc::Array{"dom", rpc::Value(), "id", rpc::Value()}})));
  call("setName", {"TestGuest", "Renamed"});
  host.restart_daemon();
  const auto config = guest("Renamed")->state().config;
  EXPECT_EQ(config.memory.value, 72u);
  EXPECT_EQ(config.maxmem.value, 200u);
  EXPECT_EQ(config.vcpus, 3u);
  EXPECT_THAT(config.cpus, ElementsAre(ElementsAre(), ElementsAre(), ElementsAre(1u)));
  EXPECT_EQ(config.cpu_weight, 512u);
  ASSERT_EQ(config.devices.size(), 1u);
  const auto vifs = call("getDeviceSxprs", {"Renamed", "vif"}).as_array();
  ASSERT_EQ(vifs.size(), 1u);
  EXPECT_EQ(vifs[0].as_array()[0], rpc::Value(0));
  EXPECT_EQ(call("getVCPUInfo", {"Renamed"}).as_array()[1], rpc::Value((rpc::Array{"domid", rpc::Value()})));
  EXPECT_EQ(fault("destroyDevice", {"Renamed", "vif", 0, false, true}), "");
  EXPECT_EQ(guest("Renamed")->state().config.devices.size(), 0u);
  EXPECT_EQ(fault("destroyDevice", {"Renamed", "vif", 0, false, true}), "Device 0 not connected");
}

TEST_F(Managed, ACdromThatIsChangedWhileItDoesNotRun) {
  std::ofstream(path("disc")) << "disc";
  define("(device (vbd (uname '') (dev xvdc:cdrom) (mode r)))");
  const auto element = sxp::parse_one("(vbd (uname file:" + path("disc") + ") (dev xvdc:cdrom) (mode r))");
  EXPECT_EQ(fault("device_configure", {"TestGuest", rpc::from_sxp(element)}), "");
  EXPECT_THAT(file(), HasSubstr("file:" + path("disc")));
  EXPECT_EQ(guest()->state().config.devices.size(), 1u);
}

// A disk that is full, or a folder that is gone: the change is refused, and nothing is half done.
TEST_F(Managed, AChangeThatCannotBeWrittenIsRefused) {
  define();
  std::filesystem::remove_all(host.folder / "managed");
  std::ofstream(host.folder / "managed") << "in the way";
  EXPECT_THAT(fault("setMemoryTarget", {"TestGuest", 32}), StartsWith("Failed to save configuration file to: "));
  EXPECT_EQ(guest()->state().config.memory.value, 64u);
  EXPECT_THAT(fault("new", {rpc::from_sxp(sxp::parse_one("(vm (name Other) (memory 64))"))}),
              StartsWith("Failed to save configuration file to: "));
  EXPECT_EQ(host.list(), "TestGuest halted");
}

TEST_F(Managed, TheDaemonStartsThoseThatAskForIt) {
  define("(on_xend_start start)");
  call("new", {rpc::from_sxp(sxp::parse_one("(vm (name Broken) (memory 64) (on_xend_start start) (image (linux (kernel "
                                            "/no/such))))"))});
  call("new", {rpc::from_sxp(sxp::parse_one("(vm (name Other) (memory 64) (image (linux (kernel /proc/version))))"))});
  host.restart_daemon();
  const std::atomic<bool> stop{false};
  xend::autostart_domains(*host.host, stop);
  EXPECT_EQ(host.list(), "Broken halted, Other halted, TestGuest -b----");
  xend::autostart_domains(*host.host, stop);
  EXPECT_EQ(host.list(), "Broken halted, Other halted, TestGuest -b----");
}

TEST_F(Managed, TheDaemonSuspendsThoseThatAskForItWhenItStops) {
  define("(on_xend_stop suspend)");
  create("(vm (name Unmanaged) (memory 64) (on_xend_stop suspend) (image (linux (kernel /proc/version))))");
  xend::unpause_domain(*host.host, *guest("Unmanaged"));
  call("start", {"TestGuest", false});
  xend::begin_stop_actions(*host.host);
  EXPECT_EQ(host.list(), "TestGuest suspended, Unmanaged -b----");
  host.restart_daemon();
  const std::atomic<bool> stop{false};
  xend::autostart_domains(*host.host, stop);  // suspended is not halted
  EXPECT_EQ(host.list(), "TestGuest suspended, Unmanaged -b----");
}

TEST_F(Managed, AConfigurationWithTheNameOfARunningDomainIsLeftAlone) {
  define();
  call("setName", {"TestGuest", "Other"});
  host.start_guest("TestGuest");
  // Somebody has edited the file.
  std::string text = file();
  text.replace(text.find("(name Other)"), 12, "(name TestGuest)");
  std::ofstream(kept() / "config.sxp") << text;
  host.restart_daemon();
  EXPECT_EQ(host.list(), "TestGuest -b----");
  EXPECT_TRUE(std::filesystem::exists(kept() / "config.sxp"));
}

TEST_F(Managed, MovedWithItsHomeItIsManagedThere) {
  SimHost two;
  xend::Relocation relocation;
  relocation.destination = "127.0.0.1";
  relocation.port = two.listen();
  host.start_guest("Unmanaged");
  relocation.change_home_server = true;
  EXPECT_EQ(error_of([&] { xend::relocate_domain(*host.host, guest("Unmanaged"), relocation); }),
            "Domain is not a managed domain");
  define("(on_reboot preserve)");
  call("start", {"TestGuest", false});
  xend::relocate_domain(*host.host, guest(), relocation);
  EXPECT_EQ(host.list(), "Unmanaged -b----");
  EXPECT_FALSE(std::filesystem::exists(kept()));
  EXPECT_EQ(two.list(), "TestGuest -b----");
  xend::destroy_domain(*two.host, two.host->domains.get("TestGuest"));
  EXPECT_EQ(two.list(), "TestGuest halted");
  two.restart_daemon();
  EXPECT_EQ(two.list(), "TestGuest halted");
}

TEST_F(Managed, MovedWithoutItsHomeItIsHaltedHere) {
  SimHost two;
  xend::Relocation relocation;
  relocation.destination = "127.0.0.1";
  relocation.port = two.listen();
  define();
  call("start", {"TestGuest", false});
  xend::relocate_domain(*host.host, guest(), relocation);
  EXPECT_EQ(host.list(), "TestGuest halted");
  EXPECT_EQ(two.list(), "TestGuest -b----");
  EXPECT_FALSE(std::filesystem::exists(two.folder / "managed"));
}

TEST_F(Managed, SavedItIsHaltedAndRestoredItRuns) {
  define();
  call("start", {"TestGuest", false});
  xend::save_domain(*host.host, guest(), path("image"), false);
  EXPECT_EQ(host.list(), "TestGuest halted");
  xend::restore_domain(*host.host, path("image"), false);
  EXPECT_EQ(host.list(), "TestGuest -b----");
  EXPECT_EQ(error_of([&] { xend::restore_domain(*host.host, path("image"), false); }),
            "Domain 'TestGuest' already exists with ID '2'");
  call("destroy", {"TestGuest"});
  EXPECT_EQ(host.list(), "TestGuest halted");
}

}  // namespace
}  // namespace sim
