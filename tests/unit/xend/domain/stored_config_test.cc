// config.sxp of managed domains: what is written, that it is read back, and what an xend of 2013 wrote.
#include "xend/domain/stored_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sxp/parser.h"
#include "sxp/printer.h"
#include "xend/error.h"

namespace xend {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// Xen-API keys first and in no order, then the legacy ones; values of the first kind are texts, dictionaries are lists
// of pairs (spec protocols 7.2, 7.3).
constexpr char kOldFile[] = R"((domain
    (vcpus_params ((cap 25) (weight 512)))
    (PV_kernel /boot/vmlinuz-2.6.32-xen)
    (memory_dynamic_max 536870912)
    (is_a_template False)
    (PV_args 'root=/dev/xvda1 ro')
    (HVM_boot_params ())
    (memory_static_max 1073741824)
    (actions_after_crash restart)
    (PV_ramdisk /boot/initrd-2.6.32-xen)
    (name_label web1)
    (VCPUs_max 2)
    (auto_power_on False)
    (target 0)
    (platform ((superpages 0) (nomigrate 0) (tsc_mode 0)))
    (other_config ())
    (uuid 3b1d7a0e-9d7f-4c61-a2f4-7f6f0c7be5a1)
    (pool_name Pool-0)
    (bootloader '')
    (vcpus 2)
    (cpus ((0 1) ()))
    (on_poweroff destroy)
    (description '')
    (on_crash coredump-restart)
    (bootloader_args '')
    (name web1)
    (on_reboot restart)
    (maxmem 1024)
    (memory 512)
    (shadow_memory 0)
    (vcpu_avail 3)
    (features '')
    (on_xend_start start)
    (on_xend_stop suspend)
    (start_time 1288262400.42)
    (cpu_time 0.0)
    (image
        (linux
            (kernel /boot/vmlinuz-2.6.32-xen)
            (ramdisk /boot/initrd-2.6.32-xen)
            (args 'root=/dev/xvda1 ro')
            (superpages 0)
            (nomigrate 0)
            (tsc_mode 0)
            (notes (SUSPEND_CANCEL 1) (GUEST_OS linux))
        )
    )
    (status 0)
    (device
        (vif
            (bridge xenbr0)
            (mac 00:16:3e:1f:aa:02)
            (script /etc/xen/scripts/vif-bridge)
            (uuid 8a0d1c5a-3e5b-4b42-a1a2-94d7b6a3bd0d)
            (backend 0)
        )
    )
    (device
        (vbd
            (uuid 60f1a1b2-0a65-4aa3-8d7f-5d2b5a0c9b11)
            (bootable 1)
            (dev xvda:disk)
            (uname phy:/dev/vg0/web1)
            (mode w)
            (backend 0)
            (VDI '')
        )
    )
)
)";

TEST(StoredConfig, AFileOfAnOldXend) {
  const auto c = parse_stored(sxp::parse_one(kOldFile));
  EXPECT_EQ(c.name, "web1");
  EXPECT_EQ(c.uuid.to_string(), "3b1d7a0e-9d7f-4c61-a2f4-7f6f0c7be5a1");
  EXPECT_EQ(c.memory.value, 512u);
  EXPECT_EQ(c.maxmem.value, 1024u);
  EXPECT_EQ(c.vcpus, 2u);
  EXPECT_EQ(c.vcpu_avail, 3u);
  EXPECT_THAT(c.cpus, ElementsAre(ElementsAre(0u, 1u), ElementsAre()));
  EXPECT_EQ(c.cpu_weight, 512u);
  EXPECT_EQ(c.cpu_cap, 25u);
  EXPECT_EQ(c.on_crash, Action::kCoredumpRestart);
  EXPECT_EQ(c.on_xend_start, "start");
  EXPECT_EQ(c.on_xend_stop, "suspend");
  EXPECT_EQ(c.image.kernel, "/boot/vmlinuz-2.6.32-xen");
  EXPECT_EQ(c.image.args, "root=/dev/xvda1 ro");
  EXPECT_TRUE(c.image.notes.empty());
  ASSERT_EQ(c.device_elements.size(), 2u);
  EXPECT_EQ(sxp::child_text(c.device_elements[1], "uname"), "phy:/dev/vg0/web1");
}

// What is written is what is read, and written again it is the same.
TEST(StoredConfig, WrittenAndRead) {
  auto config = parse_stored(sxp::parse_one(kOldFile));
  config.on_watchdog = Action::kRestart;
  const auto text = sxp::pretty(stored_sxp(config), 78);
  const auto again = parse_stored(sxp::parse_one(text));
  EXPECT_EQ(sxp::pretty(stored_sxp(again), 78), text);
  EXPECT_EQ(again.cpu_weight, 512u);
  EXPECT_EQ(again.on_watchdog, Action::kRestart);
  EXPECT_EQ(again.device_elements.size(), 2u);
  for (const char* line : {"(name_label web1)", "(vcpus_params ((cap 25) (weight 512)))",
                           "(memory_static_max 1073741824)", "(memory_dynamic_max 536870912)", "(VCPUs_max 2)"})
    EXPECT_THAT(text, HasSubstr(line));
  EXPECT_EQ(text.find("status"), std::string::npos);
}

// One that a Xen-API client has defined may have nothing else.
TEST(StoredConfig, OnlyXenApiKeys) {
  const auto c = parse_stored(sxp::parse_one(
      "(domain (uuid 3b1d7a0e9d7f4c61a2f47f6f0c7be5a1) (name_label api) (memory_static_max 268435456)"
      " (memory_dynamic_max 134217728) (VCPUs_max 3) (vcpus_params ((weight 300))) (actions_after_shutdown preserve)"
      " (actions_after_crash rename_restart) (PV_kernel /k) (PV_args quiet) (auto_power_on True)"
      " (platform ((tsc_mode 2))))"));
  EXPECT_EQ(c.name, "api");
  EXPECT_EQ(c.memory.value, 128u);
  EXPECT_EQ(c.maxmem.value, 256u);
  EXPECT_EQ(c.vcpus, 3u);
  EXPECT_EQ(c.cpu_weight, 300u);
  EXPECT_EQ(c.on_poweroff, Action::kPreserve);
  EXPECT_EQ(c.on_crash, Action::kRenameRestart);
  EXPECT_EQ(c.image.kernel, "/k");
  EXPECT_EQ(c.image.args, "quiet");
  EXPECT_EQ(c.tsc_mode(), 2u);
  EXPECT_EQ(c.on_xend_start, "start");
  EXPECT_EQ(c.type, xc::GuestType::kPv);
}

TEST(StoredConfig, AnHvmDomainOfTheXenApi) {
  const auto c = parse_stored(
      sxp::parse_one("(domain (uuid 3b1d7a0e9d7f4c61a2f47f6f0c7be5a1) (name_label api) (memory_static_max 268435456)"
                     " (memory_dynamic_max 268435456) (HVM_boot_policy 'BIOS order') (HVM_boot_params ((order dc))) "
                     "(platform ((acpi 1)"
                     " (apic 1))))"));
  EXPECT_EQ(c.type, xc::GuestType::kHvm);
  EXPECT_EQ(c.image.platform_value("boot"), "dc");
}

TEST(StoredConfig, WhatIsNoDomain) {
  const auto error = [](const char* text) -> std::string {
    try {
      parse_stored(sxp::parse_one(text));
    } catch (const Error& e) {
      return e.what();
    }
    return "";
  };
  EXPECT_EQ(error("domain"), "it is not (domain ...)");
  EXPECT_EQ(error("(domain (name a) (memory 64))"), "there is no (uuid ...) in it");
  EXPECT_EQ(error("(domain (uuid 3b1d7a0e9d7f4c61a2f47f6f0c7be5a1) (memory 64))"), "there is no (name ...) in it");
  EXPECT_EQ(error("(domain (uuid 3b1d7a0e9d7f4c61a2f47f6f0c7be5a1) (name ../../etc) (memory 64))"), "Invalid VM Name");
  EXPECT_EQ(error("(domain (uuid 3b1d7a0e9d7f4c61a2f47f6f0c7be5a1) (name a))"),
            "memory_dynamic_max must be greater than zero");
  EXPECT_EQ(
      error("(domain (uuid 3b1d7a0e9d7f4c61a2f47f6f0c7be5a1) (name a) (memory_dynamic_max 99999999999999999999))"),
      "memory_dynamic_max must be greater than zero");
}

}  // namespace
}  // namespace xend
