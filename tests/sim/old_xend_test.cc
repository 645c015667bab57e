// A managed domain that an xend of 2013 has left, taken over: whatever is done with it here, its file keeps what it
// had.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "sxp/printer.h"
#include "tests/sim/managed.h"

namespace sim {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

// As xend 4.1 wrote it: the keys of the Xen-API in no order, then those of the listings, then the devices.
constexpr char kOldFile[] = R"((domain
    (vcpus_params ((cap 0) (weight 256) (cpumap0 0-1)))
    (PV_kernel /proc/version)
    (PV_ramdisk '')
    (PV_args 'root=/dev/xvda1 ro')
    (PV_bootloader '')
    (PV_bootloader_args '')
    (HVM_boot_params ())
    (HVM_boot_policy '')
    (PCI_bus '')
    (VCPUs_at_startup 1)
    (VCPUs_live 1)
    (VCPUs_max 2)
    (memory_dynamic_max 67108864)
    (memory_dynamic_min 67108864)
    (memory_static_max 134217728)
    (memory_static_min 16777216)
    (is_a_template False)
    (is_control_domain False)
    (auto_power_on False)
    (actions_after_shutdown destroy)
    (actions_after_reboot restart)
    (actions_after_crash restart)
    (actions_after_suspend '')
    (name_label TestGuest)
    (name_description '')
    (user_version 1)
    (s3_integrity 1)
    (target 0)
    (platform ((superpages 0) (nomigrate 0) (tsc_mode 0)))
    (other_config ((owner web) (notes 'do not touch')))
    (tools_version ())
    (vtpm_refs ())
    (vif_refs (8a0d1c5a-3e5b-4b42-a1a2-94d7b6a3bd0d))
    (security_label ACM:site:red)
    (uuid 3b1d7a0e-9d7f-4c61-a2f4-7f6f0c7be5a1)
    (pool_name Pool-0)
    (bootloader '')
    (vcpus 2)
    (cpus (() ()))
    (on_poweroff destroy)
    (description 'the web server')
    (on_crash restart)
    (bootloader_args '')
    (name TestGuest)
    (on_reboot restart)
    (maxmem 128)
    (memory 64)
    (shadow_memory 0)
    (vcpu_avail 3)
    (features '')
    (on_xend_start ignore)
    (on_xend_stop ignore)
    (cpuid_check (1 ((eax 00000000000000000000000000000000))))
    (image
        (linux
            (kernel /proc/version)
            (args 'root=/dev/xvda1 ro')
            (superpages 0)
            (nomigrate 0)
            (tsc_mode 0)
            (of_the_site 42)
            (type pvh)
        )
    )
    (device
        (vif
            (bridge xenbr0)
            (mac 00:16:3e:1f:aa:02)
            (script /etc/xen/scripts/vif-bridge)
            (uuid 8a0d1c5a-3e5b-4b42-a1a2-94d7b6a3bd0d)
            (security_label (dom_u lab))
            (backend 0)
        )
    )
    (device
        (console
            (protocol vt100)
            (location 2)
            (uuid 60f1a1b2-0a65-4aa3-8d7f-5d2b5a0c9b12)
            (other_config ((of the) (site 1)))
        )
    )
)
)";

class OldXend : public Managed {
 protected:
  OldXend() {
    std::filesystem::create_directories(kept());
    std::ofstream(kept() / "config.sxp") << kOldFile;
    host.restart_daemon();
  }
  // The elements of the old file that today's has not, each with where it is; words that the caller gives may differ.
  std::vector<std::string> missing(std::vector<std::string> changed = {}) {
    std::vector<std::string> result;
    compare(sxp::parse_one(kOldFile), sxp::parse_one(file()), "", changed, result);
    return result;
  }

 private:
  static void compare(const sxp::Value& before, const sxp::Value& now, const std::string& where,
                      const std::vector<std::string>& changed, std::vector<std::string>& result) {
    for (const auto& element : before.as_list()) {
      const auto& items = now.as_list();
      const std::string key(sxp::head(element));
      if (std::find(changed.begin(), changed.end(), key) != changed.end() ||
          std::find(items.begin(), items.end(), element) != items.end())
        continue;
      // Not the same: all of it must be in one of those of that name.
      std::vector<std::string> best{where + sxp::to_string(element)};
      for (const auto& candidate : items) {
        if (key.empty() || !sxp::is_element(candidate, key)) continue;
        std::vector<std::string> of_this;
        compare(element, candidate, where + key + ": ", changed, of_this);
        if (of_this.size() <= best.size()) best = of_this;
      }
      result.insert(result.end(), best.begin(), best.end());
    }
  }
};

TEST_F(OldXend, StartedAndEndedItsFileIsWholeYet) {
  ASSERT_EQ(host.list(), "TestGuest halted");
  ASSERT_EQ(fault("start", {"TestGuest", false}), "");
  EXPECT_THAT(file(), HasSubstr("(is_control_domain False)"));
  EXPECT_THAT(missing(), IsEmpty());
  call("destroy", {"TestGuest"});
  EXPECT_THAT(missing(), IsEmpty());
}

TEST_F(OldXend, WhatIsChangedIsAllThatChanges) {
  call("setMemoryTarget", {"TestGuest", 72});
  EXPECT_THAT(file(), HasSubstr("(memory 72)"));
  EXPECT_THAT(missing({"memory", "memory_dynamic_min", "memory_dynamic_max"}), IsEmpty());
  call("setName", {"TestGuest", "Renamed"});
  EXPECT_THAT(file(), HasSubstr("(name_label Renamed)"));
  EXPECT_THAT(missing({"memory", "memory_dynamic_min", "memory_dynamic_max", "name", "name_label"}), IsEmpty());
  call("destroyDevice", {"Renamed", "vif", 0, true, true});
  EXPECT_THAT(file(), Not(HasSubstr("00:16:3e:1f:aa:02")));
}

// The daemon that writes it knows the domain from its note and its image, which have nothing of this.
TEST_F(OldXend, ThroughSuspensionAndOtherDaemons) {
  call("start", {"TestGuest", false});
  host.restart_daemon();
  call("sched_credit_set", {"TestGuest", 512, 50});
  EXPECT_THAT(file(), HasSubstr("(vcpus_params ((cap 50) (weight 512) (cpumap0 0-1)))"));
  EXPECT_THAT(missing({"vcpus_params"}), IsEmpty());
  call("suspend", {"TestGuest"});
  host.restart_daemon();
  ASSERT_EQ(fault("resume", {"TestGuest"}), "");
  EXPECT_THAT(missing({"vcpus_params"}), IsEmpty());
}

TEST_F(OldXend, DefinedAnewItIsWhatIsSaidNow) {
  EXPECT_EQ(define(), "");
  EXPECT_THAT(file(), Not(HasSubstr("owner")));
}

TEST_F(OldXend, AFileThatSomebodyHasSpoiledIsReplaced) {
  std::ofstream(kept() / "config.sxp") << "(domain (name";
  call("setMemoryTarget", {"TestGuest", 72});
  EXPECT_THAT(file(), HasSubstr("(memory 72)"));
  EXPECT_THAT(file(), Not(HasSubstr("owner")));
}

}  // namespace
}  // namespace sim
