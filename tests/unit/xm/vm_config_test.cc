// From settings to the configuration for xend: the worked examples of spec guest-config 7 byte for byte, and the
// corners of sections 4 to 6 and 10.
#include "xm/guest_config/vm_config.h"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sxp/printer.h"
#include "xm/error.h"
#include "xm/guest_config/disk.h"
#include "xm/guest_config/file.h"
#include "xm/guest_config/hash_order.h"

namespace xm::guest_config {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

// A host on which every file exists but those under /missing.
Host host() {
  return {.exists = [](const std::string& path) { return !path.starts_with("/missing"); },
          .environment = [](const std::string&) { return std::nullopt; },
          .find_program = [](const std::string& program) { return "/found/" + program; },
          .absolute = [](const std::string& path) { return path.starts_with("/") ? path : "/cwd/" + path; },
          .home = "/root",
          .xen_private_bin = "/xen/bin"};
}

Settings settings_of(const std::string& source) {
  Settings settings;
  settings.set_from_file(run_file("./f", source, {}));
  return settings;
}

std::string config_of(const std::string& source) {
  return sxp::to_string(vm_config(settings_of(source), host()));
}

std::string error_of(const std::string& source) {
  try {
    return config_of(source);
  } catch (const Error& e) {
    return e.what();
  }
}

std::string text_of(const std::filesystem::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

class WorkedExamples : public testing::TestWithParam<const char*> {};

TEST_P(WorkedExamples, ComeOutByteForByte) {
  const std::filesystem::path files = std::filesystem::path(__FILE__).parent_path() / "guest_files";
  const std::string source = text_of(files / (std::string(GetParam()) + ".cfg"));
  ASSERT_FALSE(source.empty());
  EXPECT_EQ(sxp::pretty(vm_config(settings_of(source), host())), text_of(files / (std::string(GetParam()) + ".sxp")));
}

INSTANTIATE_TEST_SUITE_P(Files, WorkedExamples,
                         testing::Values("actions", "boot_loader", "frame_buffer", "hvm_preamble", "kernel_and_ramdisk",
                                         "many_devices", "nfs_root", "passthrough"));

TEST(Variables, AreTheClassicOnes) {
  EXPECT_EQ(all_variables().size(), 105u);
  std::set<std::string_view> names;
  for (const Variable& variable : all_variables()) EXPECT_TRUE(names.insert(variable.name).second) << variable.name;
}

TEST(Variables, CommandLineWinsOverFileWinsOverDefault) {
  Settings settings;
  settings.set_from_command_line(*find_variable("memory"), " 256 ");
  settings.set_from_command_line(*find_variable("vif"), "");
  settings.set_from_command_line(*find_variable("localtime"), "y");
  settings.set_from_file({{"memory", 512}, {"vif", List{"bridge=a", "bridge=b"}}, {"vcpus", 2}});
  EXPECT_EQ(settings.text("memory"), "256");
  EXPECT_EQ(settings.text("vcpus"), "2");
  EXPECT_EQ(settings.text("interface"), "eth0");
  EXPECT_EQ(settings.text("localtime"), "1");
  EXPECT_EQ(settings.get("vif").as_list()->size(), 1u);
  settings.set_from_command_line(*find_variable("vif"), "bridge=c");
  EXPECT_EQ(settings.get("vif").as_list()->size(), 2u);
  EXPECT_THROW(settings.set_from_command_line(*find_variable("memory"), "0x40"), Error);
  EXPECT_THROW(settings.set_from_command_line(*find_variable("localtime"), "1"), Error);
}

TEST(HashOrder, IsThatOfTheOldTables) {
  EXPECT_THAT(hash_order({"mac", "bridge"}), ElementsAre("bridge", "mac"));
  EXPECT_THAT(hash_order({"ip", "mac", "bridge"}), ElementsAre("ip", "mac", "bridge"));
  EXPECT_THAT(hash_order({"type", "mac", "bridge", "model"}), ElementsAre("bridge", "mac", "type", "model"));
  EXPECT_THAT(hash_order({"mac", "ip", "bridge", "vifname"}), ElementsAre("ip", "mac", "vifname", "bridge"));
  EXPECT_THAT(hash_order({"domain", "bus", "slot", "key", "func", "vdevfn"}),
              ElementsAre("slot", "domain", "key", "bus", "vdevfn", "func"));
}

TEST(VmConfig, OfNothingHasTheDefaults) {
  EXPECT_EQ(config_of(""),
            "(vm (memory 128) (on_xend_start ignore) (on_xend_stop ignore) (vcpus 1) (oos 1) "
            "(image (linux (videoram 4) (tsc_mode 0) (nomigrate 0))) (s3_integrity 1))");
}

TEST(VmConfig, Vcpus) {
  EXPECT_THAT(config_of("maxvcpus = 4"), HasSubstr("(vcpu_avail 1) (vcpus 4)"));
  EXPECT_THAT(config_of("vcpus = '2'"), HasSubstr("(vcpus 2)"));
  EXPECT_EQ(error_of("vcpus = '2'\nmaxvcpus = 4"), "unsupported operand type(s) for <<: 'int' and 'str'");
  EXPECT_THAT(error_of("vcpus = 64\nmaxvcpus = 64"), HasSubstr("does not go together"));
}

TEST(VmConfig, TypesOfXl) {
  EXPECT_THAT(config_of("type = 'pvh'\nkernel = '/k'"),
              HasSubstr("(image (linux (kernel /k) (videoram 4) (tsc_mode 0) (nomigrate 0) (type pvh)))"));
  EXPECT_THAT(config_of("type = 'pv'"), HasSubstr("(image (linux (videoram 4) (tsc_mode 0) (nomigrate 0)))"));
  EXPECT_THAT(config_of("type = 'hvm'"), HasSubstr("(image (hvm "));
  EXPECT_THAT(config_of("type = 'pvh'\nbuilder = 'hvm'"), HasSubstr("(image (hvm "));
  EXPECT_THAT(config_of("builder = 'generic'"), HasSubstr("(image (linux "));
  EXPECT_THAT(config_of("cmdline = 'a b'"), HasSubstr("(args 'a b')"));
  EXPECT_THAT(config_of("cmdline = 'a b'\nroot = '/dev/xvda1'"), Not(HasSubstr("args")));
  EXPECT_THAT(config_of("cap = 50"), HasSubstr("(cpu_cap 50)"));
  EXPECT_THAT(config_of("bootloader = '/x'\nbootloader_args = '-v'"), HasSubstr("(bootloader_args -v)"));
  EXPECT_THAT(config_of("irqs = [5]"), HasSubstr("(device (irq (irq 5)))"));
}

TEST(VmConfig, BootLoader) {
  EXPECT_THAT(config_of("bootloader = 'pygrub'"), HasSubstr("(bootloader /found/pygrub) (bootloader_args -q)"));
  EXPECT_THAT(config_of("bootloader = '/missing/xen-4.1/bin/pygrub'"), HasSubstr("(bootloader /xen/bin/pygrub)"));
  EXPECT_THAT(config_of("bootloader = '/x'\nconsole_autoconnect = 1"), HasSubstr("(bootloader_args '')"));
  EXPECT_THAT(config_of("bootloader = '/x'\nkernel = '/missing/k'"), HasSubstr("(kernel /missing/k)"));
}

TEST(VmConfig, KernelMustBeThere) {
  EXPECT_EQ(error_of("kernel = '/missing/k'"), "Cannot find kernel \"/missing/k\"");
  EXPECT_EQ(error_of("kernel = '/k'\nramdisk = '/missing/r'"), "Cannot find ramdisk \"/missing/r\"");
  EXPECT_THAT(config_of("kernel = 'k'"), HasSubstr("(kernel /cwd/k)"));
  EXPECT_THAT(config_of("kernel = 'sub/k'"), HasSubstr("(kernel sub/k)"));
  EXPECT_THAT(config_of("kernel = 'hvmloader'\nbuilder = 'hvm'"), HasSubstr("(kernel hvmloader)"));
  EXPECT_THAT(config_of("kernel = '/missing/xen/boot/hvmloader'\nbuilder='hvm'"),
              HasSubstr("(kernel /xen/boot/hvmloader)"));
}

TEST(VmConfig, AddressAndRoot) {
  EXPECT_THAT(config_of("dhcp = 'dhcp'"), HasSubstr("(ip :127.0.255.255::::eth0:dhcp)"));
  EXPECT_THAT(config_of("ip = 'ip=192.0.2.1'"), HasSubstr("(ip 192.0.2.1:127.0.255.255::::eth0:off)"));
  EXPECT_THAT(config_of("root = 'root=/dev/xvda1'"), HasSubstr("(root /dev/xvda1)"));
  EXPECT_EQ(error_of("nfs_root = '/x'"), "Must set nfs root and nfs server");
  EXPECT_THAT(config_of("monitor_path = '/m'"), HasSubstr("(monitor_path /m) (monitor 1)"));
}

TEST(VmConfig, SaysWhatItCannotDo) {
  for (const char* name : {"vscsi", "vusb", "access_control", "cpuid"}) {
    EXPECT_THAT(error_of(std::string(name) + " = ['x']"), HasSubstr(name));
  }
}

TEST(Devices, Disks) {
  const auto disk = [](const std::string& entry) { return sxp::to_string(disk_config(entry)); };
  EXPECT_EQ(disk("phy:a, hda ,w"), "(vbd (uname phy:a) (dev ' hda ') (mode w))");
  EXPECT_EQ(disk(",hdc:cdrom,r"), "(vbd (uname '') (dev hdc:cdrom) (mode r))");
  EXPECT_EQ(disk("phy:a,xvda,w,dom,p"), "(vbd (uname phy:a) (dev xvda) (mode w) (backend dom) (protocol p))");
  EXPECT_EQ(disk("tap2:aio:a,xvda,w,"), "(tap2 (uname tap2:aio:a) (dev xvda) (mode w))");
  EXPECT_EQ(disk("/dev/vg/x,raw,xvda,rw"), "(vbd (uname phy:/dev/vg/x) (dev xvda) (mode w))");
  EXPECT_EQ(disk("/srv/x.qcow2,qcow2,xvda,r"), "(tap (uname tap:qcow2:/srv/x.qcow2) (dev xvda) (mode r))");
  EXPECT_EQ(disk("format=raw, vdev=xvda, access=rw, target=/srv/x"), "(vbd (uname file:/srv/x) (dev xvda) (mode w))");
  EXPECT_EQ(disk("format=raw,vdev=hdc,access=ro,devtype=cdrom,target=/srv/x.iso"),
            "(vbd (uname file:/srv/x.iso) (dev hdc:cdrom) (mode r))");
  EXPECT_EQ(error_of("disk = ['phy:a,xvda']"), "Invalid disk specifier: phy:a,xvda");
  EXPECT_EQ(error_of("disk = 'phy:a,xvda,w'"), "Invalid disk specifier: p");
  EXPECT_EQ(error_of("disk = [5]"), "'int' object has no attribute 'split'");
}

TEST(Devices, KeysAndValues) {
  EXPECT_THAT(config_of("vif = ['ip = 192.0.2.1 , mac=00:16:3e:00:00:01']"),
              HasSubstr("(vif (ip 192.0.2.1) (mac 00:16:3e:00:00:01))"));
  EXPECT_THAT(config_of("vif = ['bridge=a,bridge=b']"), HasSubstr("(vif (bridge b))"));
  EXPECT_EQ(error_of("vif = ['mtu=1500']"), "Invalid vif option: mtu");
  EXPECT_EQ(error_of("vif = 'bridge=br0'"), "b should be a pair, separated by an equals sign.");
  EXPECT_EQ(error_of("vif2 = ['mac=1']"), "Invalid vif2 option: mac");
  EXPECT_EQ(error_of("vfb = ['type=vnc,key=de']"), "configuration option key unknown to vfbs");
  EXPECT_EQ(error_of("vfb = ['type=curses']"), "configuration option curses unknown to vfbs");
}

TEST(Devices, PortsInterruptsAndPci) {
  EXPECT_THAT(config_of("ioports = ['3f8']"), HasSubstr("(ioports (from 0x3f8) (to 0x3f8))"));
  EXPECT_EQ(error_of("ioports = ['3f8-']"), "Invalid i/o port range specifier: 3f8-");
  EXPECT_THAT(config_of("irq = ['7']"), HasSubstr("(irq (irq \"'7'\"))"));
  EXPECT_EQ(error_of("pci = ['nonsense']"), "Failed to parse pci device: nonsense");
  EXPECT_EQ(error_of("pci = ['03:00.9']"), "Failed to parse pci device: 03:00.9");
  EXPECT_EQ(error_of("pci = ['03:00.0,speed=1']"), "Invalid pci option speed=1: ");
  EXPECT_THAT(config_of("pci = ['03:00.1@5,permissive=1']"),
              HasSubstr("(vdevfn 0x28) (func 0x1) (opts (permissive 1))"));
}

}  // namespace
}  // namespace xm::guest_config
