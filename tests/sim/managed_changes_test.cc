// What changes about managed domains, whether they run or not, and what daemons that come and go do with them (spec
// domain-lifecycle sections 14, 17, 1.4).
#include "xend/domain/managed.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/sim/managed.h"
#include "xend/domain/save.h"
#include "xend/error.h"
#include "xend/relocation/sender.h"

namespace sim {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

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
  host.restart_daemon();
  EXPECT_EQ(guest()->state().config.memory.value, 72u);
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
