// Reading (vm ...) and (domain ...): spec protocols 7.1, 7.4, 7.6.
#include "xend/domain/domain_config.h"

#include <gtest/gtest.h>

#include "sxp/parser.h"
#include "xend/error.h"

namespace xend {
namespace {

DomainConfig parse(const std::string& text) {
  return DomainConfig::parse(sxp::parse_one(text));
}

std::string error_of(const std::string& text) {
  try {
    parse(text);
  } catch (const Error& e) {
    return e.what();
  }
  return "no error";
}

const std::string kGuest =
    "(vm (name TestGuest) (memory 64) (vcpus 1) (uuid 3b1d7a0e9d7f4c61a2f47f6f0c7be5a1) (on_reboot restart)"
    " (image (linux (kernel /boot/vmlinuz) (ramdisk /boot/initrd) (root '/dev/xvda1 ro') (args 'console=hvc0')))"
    " (device (vbd (uname file:/srv/disk) (dev xvda1) (mode w))) (device (vif (bridge xenbr0))))";

TEST(DomainConfig, ReadsAGuestOfTheGuide) {
  const auto guest = parse(kGuest);
  EXPECT_EQ(guest.name, "TestGuest");
  EXPECT_EQ(guest.uuid.to_string(), "3b1d7a0e-9d7f-4c61-a2f4-7f6f0c7be5a1");
  EXPECT_EQ(guest.memory, xc::MiB{64});
  EXPECT_EQ(guest.maxmem, xc::MiB{64});
  EXPECT_EQ(guest.type, xc::GuestType::kPv);
  EXPECT_EQ(guest.image.kernel, "/boot/vmlinuz");
  EXPECT_EQ(guest.image.args, "root=/dev/xvda1 ro console=hvc0");
  EXPECT_EQ(guest.on_poweroff, Action::kDestroy);
  EXPECT_EQ(guest.on_crash, Action::kRestart);
  ASSERT_EQ(guest.device_elements.size(), 2u);
  EXPECT_EQ(sxp::head(guest.device_elements[1]), "vif");
}

TEST(DomainConfig, TypeOfTheGuest) {
  EXPECT_EQ(parse("(vm (memory 8) (image (linux (kernel k) (type pvh))))").type, xc::GuestType::kPvh);
  EXPECT_EQ(parse("(vm (memory 8) (image (linux (kernel k) (boot c))))").type, xc::GuestType::kHvm);
  EXPECT_EQ(parse("(vm (memory 8) (image (hvm (kernel k))))").type, xc::GuestType::kHvm);
  EXPECT_EQ(error_of("(vm (memory 8) (image (linux (type zebra))))"),
            "type = 'zebra' is not a type of guest: pv, pvh or hvm are.");
}

TEST(DomainConfig, RootAndIpStandInFrontUnlessTheArgumentsSayThem) {
  EXPECT_EQ(parse("(vm (memory 8) (image (linux (root /dev/a) (ip dhcp) (args quiet))))").image.args,
            "root=/dev/a ip=dhcp quiet");
  EXPECT_EQ(parse("(vm (memory 8) (image (linux (root /dev/a) (args 'root=/dev/b'))))").image.args, "root=/dev/b");
  // As the original built it: users of NFS roots have root=/dev/nfs in `extra`.
  EXPECT_EQ(
      parse("(vm (memory 8) (image (linux (root /dev/nfs) (ip 1.2.3.4) (args 'nfsroot=1.2.3.5:/r ip='))))").image.args,
      "ip=1.2.3.4 nfsroot=1.2.3.5:/r ip=");
}

TEST(DomainConfig, NamesAreChecked) {
  EXPECT_EQ(error_of("(vm (name '') (memory 8))"), "Missing VM Name");
  EXPECT_EQ(error_of("(vm (name 'a b') (memory 8))"), "Invalid VM Name");
  EXPECT_EQ(error_of("(vm (name ../x) (memory 8))"), "Invalid VM Name");
  EXPECT_EQ(parse("(vm (name 'web_1.a:b+c-d') (memory 8))").name, "web_1.a:b+c-d");
}

TEST(DomainConfig, MemoryIsChecked) {
  EXPECT_EQ(error_of("(vm (memory 0))"), "memory_dynamic_max must be greater than zero");
  EXPECT_EQ(error_of("(vm (memory x))"), "memory_dynamic_max must be greater than zero");
  EXPECT_EQ(error_of("(vm (memory 65) (maxmem 64))"),
            "memory_dynamic_max must be less than or equal to memory_static_max");
  EXPECT_EQ(error_of("(vm (memory 99999999999999999999))"), "memory_dynamic_max must be greater than zero");
}

TEST(DomainConfig, Actions) {
  EXPECT_EQ(parse("(vm (memory 8) (on_crash coredump_and_restart))").on_crash, Action::kCoredumpRestart);
  EXPECT_EQ(parse("(vm (memory 8) (restart always))").on_poweroff, Action::kRestart);
  EXPECT_EQ(parse("(vm (memory 8) (restart never))").on_reboot, Action::kDestroy);
  EXPECT_EQ(error_of("(vm (memory 8) (on_poweroff explode))"), "Invalid event handling mode: shutdown");
  EXPECT_EQ(error_of("(vm (memory 8) (on_reboot explode))"), "Invalid event handling mode: reboot");
}

TEST(DomainConfig, CpuListsKeepTheOrderInWhichTheyAreSaid) {
  EXPECT_EQ(parse_cpu_list("0-3,^1"), (std::vector<unsigned>{0, 2, 3}));
  EXPECT_EQ(parse_cpu_list("0-3,^1,1"), (std::vector<unsigned>{0, 2, 3, 1}));
  EXPECT_EQ(parse_cpu_list("0-x"), std::nullopt);
  EXPECT_EQ(parse_cpu_list("0-99999999"), std::nullopt);
  EXPECT_EQ(parse_cpu_list(""), std::nullopt);
}

TEST(DomainConfig, CpusPerVcpu) {
  const auto guest = parse("(vm (memory 8) (vcpus 2) (cpus ((0 1) (2))))");
  EXPECT_EQ(guest.cpus, (std::vector<std::vector<unsigned>>{{0, 1}, {2}}));
  EXPECT_EQ(parse("(vm (memory 8) (vcpus 2) (cpus 0-1))").cpus, (std::vector<std::vector<unsigned>>{{0, 1}, {0, 1}}));
  EXPECT_EQ(error_of("(vm (memory 8) (vcpus 3) (cpus ((0) (1))))"), "vcpus and the item number of cpus are not same");
}

// A guest without any would never start.
TEST(DomainConfig, OneVcpuAtLeastIsThereFromTheStart) {
  EXPECT_EQ(parse("(vm (memory 8) (vcpus 3) (vcpu_avail 5))").vcpu_avail, 5u);
  for (const char* mask : {"0", "8", "-8", "many"})
    EXPECT_EQ(parse("(vm (memory 8) (vcpus 3) (vcpu_avail " + std::string(mask) + "))").available_vcpus(), 3u) << mask;
}

TEST(DomainConfig, WeightAndCap) {
  EXPECT_EQ(error_of("(vm (memory 8) (cpu_weight 0))"),
            "Cpu weight out of range, valid values are within range from 1 to 65535");
  EXPECT_EQ(error_of("(vm (memory 8) (vcpus 2) (cpu_cap 201))"),
            "Cpu cap out of range, valid range is from 0 to 200 for specified number of vcpus");
}

TEST(DomainConfig, ListsOfXlAreWords) {
  const auto image =
      parse(
          "(vm (memory 8) (image (hvm (kernel hvmloader) (boot c) (usbdevice (tablet mouse)) (serial (pty))"
          " (soundhw ()) (acpi (1)))))")
          .image;
  EXPECT_EQ(image.platform_value("usbdevice"), "tablet,mouse");
  EXPECT_EQ(image.platform_value("serial"), "pty");
  EXPECT_EQ(image.platform_value("soundhw"), "");
  EXPECT_EQ(image.platform_value("acpi"), std::nullopt);
}

// What clients see where a file says nothing (spec protocols 7.4).
TEST(DomainConfig, DefaultsOfTheMachineAreSpelledOut) {
  const auto hvm =
      parse("(vm (memory 8) (image (hvm (kernel hvmloader) (boot c) (acpi 1) (timer_mode 2) (hpet ''))))").image;
  std::string text;
  for (const auto& [key, value] : hvm.platform) text += "(" + key + " " + value + ")";
  EXPECT_EQ(text,
            "(hpet )(xen_platform_pci 1)(rtc_timeoffset 0)(timer_mode 2)(vpt_align 1)(boot c)(viridian 0)(acpi 1)"
            "(nomigrate 0)(tsc_mode 0)");
  const auto pv = parse("(vm (memory 8) (tsc_mode 2) (image (linux (kernel /k) (type pvh))))").image;
  text.clear();
  for (const auto& [key, value] : pv.platform) text += "(" + key + " " + value + ")";
  EXPECT_EQ(text, "(nomigrate 0)(tsc_mode 2)(type pvh)");
}

}  // namespace
}  // namespace xend
