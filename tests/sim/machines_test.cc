// Guests of the different kinds: HVM with a device model, old files as PVH, kernels that a boot loader finds.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "sxp/parser.h"
#include "tests/sim/life.h"
#include "xend/api/listing.h"
#include "xend/domain/lifecycle.h"
#include "xend/domain/save.h"
#include "xend/error.h"

namespace sim {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

using Machines = Life;

constexpr const char* kHvm =
    "(vm (name old) (memory 64) (image (hvm (kernel /usr/lib/xen/boot/hvmloader) (boot c) (vnc 1)"
    " (device_model /usr/lib64/xen/bin/qemu-dm))))";

TEST_F(Machines, AnHvmGuestHasADeviceModelForAsLongAsItLives) {
  const auto domain = xend::create_domain(*host.host, sxp::parse_one(kHvm));
  xend::wait_for_devices(*domain);
  const auto domid = domain->running_domid();
  EXPECT_TRUE(host.device_models.runs(domid));
  host.restart_daemon();
  const auto same = host.host->domains.find("old");
  xend::destroy_domain(*host.host, same);
  const auto id = std::to_string(domid);
  EXPECT_THAT(host.device_models.asked(), ElementsAre("start " + id, "adopt " + id, "stop " + id));
}

TEST_F(Machines, TheStateOfTheDevicesGoesWithAnImage) {
  const auto domain = xend::create_domain(*host.host, sxp::parse_one(kHvm));
  xend::unpause_domain(*host.host, *domain);
  const auto id = std::to_string(domain->running_domid());
  const std::string image = host.folder / "image";
  xend::save_domain(*host.host, domain, image, false);
  EXPECT_THAT(host.device_models.asked(), ElementsAre("start " + id, "log_dirty " + id, "halt " + id, "log_clean " + id,
                                                      "save_state " + id, "stop " + id));
  const auto restored = xend::restore_domain(*host.host, image, false);
  EXPECT_EQ(host.device_models.state_of(restored->running_domid()), "devices of " + id);
  for (const auto& entry : std::filesystem::directory_iterator(host.folder))
    EXPECT_THAT(entry.path().filename().string(), Not(StartsWith("qemu-"))) << "left behind";
}

// Nobody can tell a suspended guest that its device model has died: it is told once it goes on.
TEST_F(Machines, AGuestThatLosesItsDeviceModelWhileItIsSavedDoesNotStaySuspended) {
  const auto domain = xend::create_domain(*host.host, sxp::parse_one(kHvm));
  xend::unpause_domain(*host.host, *domain);
  const auto domid = domain->running_domid();
  host.device_models.die_when_asked("save_state");
  EXPECT_THAT(error_of([&] { xend::save_domain(*host.host, domain, host.folder / "image", false); }),
              HasSubstr("the device model does not answer"));
  EXPECT_THAT(host.xen.calls(), Contains("resume " + std::to_string(domid)));
  EXPECT_THAT(host.xen.calls(), Contains("shutdown " + std::to_string(domid) + " 3"));
}

// Both go with the guest: Xen is told anew when it is made again, and what clients see does not change.
TEST_F(Machines, CpuidAndClockAreKeptOverSaveAndRestart) {
  const auto domain = xend::create_domain(
      *host.host, sxp::parse_one("(vm (name old) (memory 64) (cpuid ((1 ((eax 0x1))))) (image (hvm (kernel hvmloader)"
                                 " (boot c) (rtc_timeoffset 3600))))"));
  const std::string id = std::to_string(domain->running_domid());
  const std::string leaf = " 1:00000000000000000000000000000001";
  EXPECT_THAT(host.xen.calls(), Contains("apply_cpuid_policy " + id + leaf));
  EXPECT_THAT(host.xen.calls(), Contains("set_time_offset " + id + " 3600"));
  EXPECT_EQ(host.store.read(domain->state().vm_path + "/rtc/timeoffset"), "3600");
  xend::unpause_domain(*host.host, *domain);
  xend::save_domain(*host.host, domain, host.folder / "image", false);
  const auto restored = xend::restore_domain(*host.host, host.folder / "image", false);
  const std::string second = std::to_string(restored->running_domid());
  EXPECT_THAT(host.xen.calls(), Contains("set_time_offset " + second + " 3600"));
  EXPECT_EQ(restored->state().config.cpuid, domain->state().config.cpuid);
  host.restart_daemon();
  started_ago("old", 100);
  host.xen.guest_shuts_down(restored->running_domid(), xc::ShutdownReason::kReboot);
  EXPECT_TRUE(eventually([&] {
    const auto calls = host.xen.calls();
    return std::count(calls.begin(), calls.end(), "apply_cpuid_policy 3" + leaf) == 1;
  }));
}

// Of what is in xenstore the guest can read the most.
TEST_F(Machines, ThePasswordOfAScreenIsNotInXenstore) {
  const auto domain = xend::create_domain(
      *host.host, sxp::parse_one("(vm (name old) (memory 64) (image (hvm (kernel hvmloader) (boot c) (vnc 1)"
                                 " (vncpasswd secret))) (device (vfb (vnc 1) (vncpasswd secret))))"));
  for (const auto& [path, value] : host.store.tree()) EXPECT_THAT(value, Not(HasSubstr("secret"))) << path;
  EXPECT_THAT(host.store.read(domain->state().vm_path + "/image").value(), HasSubstr("(vnc 1)"));
}

TEST_F(Machines, WhatTheDaemonChoosesIsShownAndNotKept) {
  xend::Options options;
  options.keymap = "de";
  host.options.set(options);
  const auto domain = xend::create_domain(
      *host.host, sxp::parse_one("(vm (name old) (memory 64) (image (hvm (kernel hvmloader) (boot c))))"));
  const auto shown = [&](const char* key) {
    const auto sxp = xend::listed_sxp(*host.host, xend::list_domain(*host.host, domain), true);
    return sxp::child_text(*sxp::child_value(sxp, "image"), key);
  };
  EXPECT_EQ(shown("loader"), "/usr/lib/xen/boot/hvmloader");
  EXPECT_EQ(shown("device_model"), "/usr/libexec/xen-qemu-system-i386");
  EXPECT_EQ(shown("keymap"), "de");
  EXPECT_EQ(shown("timer_mode"), "1");
  EXPECT_EQ(domain->state().config.image.platform_value("device_model"), std::nullopt);
}

TEST_F(Machines, AGuestWithoutItsDeviceModelHasCrashed) {
  const auto domain = xend::create_domain(*host.host, sxp::parse_one(kHvm));
  xend::unpause_domain(*host.host, *domain);
  xend::device_model_died(*host.host, domain->running_domid(), "killed by signal 9");
  EXPECT_TRUE(sim::eventually([&] { return host.list().empty(); }));
}

// ---- linux-as-pvh ----

TEST_F(Machines, OldFilesBecomePvhWhereTheirKernelCan) {
  xend::Options options;
  options.linux_as_pvh = true;
  host.options.set(options);
  std::ofstream(path("vmlinuz-pvh")) << "a kernel";
  std::ofstream(path("vmlinuz-pv")) << "a kernel";
  const auto type_of = [&](const std::string& more) {
    const auto domain = xend::create_domain(*host.host, sxp::parse_one("(vm (name a) (memory 64) " + more + ")"));
    xend::wait_for_devices(*domain);
    const auto type = std::string(xc::to_string(domain->state().config.type));
    xend::destroy_domain(*host.host, domain);
    return type;
  };
  EXPECT_EQ(type_of("(image (linux (kernel " + path("vmlinuz-pvh") + ")))"), "pvh");
  EXPECT_EQ(type_of("(image (linux (kernel " + path("vmlinuz-pvh") + ") (type pv)))"), "pv");
  EXPECT_EQ(type_of("(image (linux (kernel " + path("vmlinuz-pv") + ")))"), "pv");
  host.options.set(xend::Options());
  EXPECT_EQ(type_of("(image (linux (kernel " + path("vmlinuz-pvh") + ")))"), "pv");
}

TEST_F(Machines, WhatABootLoaderChoosesIsForOneStart) {
  const auto loader = path("loader");
  std::ofstream(loader) << "#!/bin/sh\nfor w; do case $w in --output=*) o=${w#*=};; esac; done\n"
                           "echo \"linux (kernel /proc/version)(args chosen)\" >$o\n";
  std::filesystem::permissions(loader, std::filesystem::perms::owner_all);
  const auto known_as =
      std::filesystem::path((host.folder / "root").string() + loader);  // where programs are looked for
  std::filesystem::create_directories(known_as.parent_path());
  std::filesystem::copy(loader, known_as);
  std::ofstream(path("disk.img")) << "a disk";
  EXPECT_EQ(create("(vm (name a) (memory 64) (bootloader " + loader + ") (image (linux)))"),
            "Had a bootloader specified, but no disks are bootable");
  const auto domain = xend::create_domain(
      *host.host, sxp::parse_one("(vm (name a) (memory 64) (bootloader " + loader +
                                 ") (image (linux)) (device (vbd (uname file:" + path("disk.img") + ") (dev xvda))))"));
  EXPECT_EQ(domain->state().config.image.kernel, "");
  EXPECT_EQ(domain->state().config.image.args, "");
  EXPECT_TRUE(std::filesystem::is_empty(host.folder / "boot"));
  xend::wait_for_devices(*domain);
}

}  // namespace
}  // namespace sim
