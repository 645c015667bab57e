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
#include "tests/unit/xm/python_files.h"
#include "xm/error.h"
#include "xm/guest_config/disk.h"
#include "xm/guest_config/dropped.h"
#include "xm/guest_config/file.h"
#include "xm/guest_config/hash_order.h"
#include "xm/guest_config/pci.h"
#include "xm/guest_config/predefined.h"

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
          .scsi_devices =
              [] {
                return std::vector<ScsiDevice>{
                    {"0:0:0:0", {"sda", "sg0"}}, {"0:0:1:0", {"sdb", "sg1"}}, {"1:0:0:0", {"st0"}}};
              },
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

// The files of configs/ are what people begin with: every one gives a guest, and no word in them is without effect.
TEST(Examples, AllGiveAGuest) {
  NEEDS_PYTHON3();
  const std::filesystem::path configs =
      std::filesystem::path(__FILE__).parent_path().parent_path().parent_path().parent_path() / "configs";
  std::set<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(configs)) {
    const std::string file = entry.path().filename();
    if (!file.starts_with("xmexample")) continue;
    const Namespace variables = run_file(file, text_of(entry.path()), {{"vmid", "5"}}, runner_of_source_tree());
    Settings settings;
    settings.set_from_file(variables);
    EXPECT_THAT(dropped_values(file, variables, settings), testing::IsEmpty());
    EXPECT_NO_THROW(vm_config(settings, host())) << file;
    for (const auto& [name, value] : variables) {
      const bool is_known = find_variable(name) != nullptr || is_predefined(name) || name == "type" ||
                            name == "cmdline" || name == "maxvcpus" || name == "xm_file" || name == "xm_help" ||
                            name == "vmid" || name == "number" || name == "check_vmid";
      EXPECT_TRUE(is_known) << file << " sets " << name;
    }
    names.insert(file + " " + settings.text("name"));
  }
  EXPECT_THAT(names, ElementsAre("xmexample.hvm pc1", "xmexample.nbd far1", "xmexample.pv-grub grub1",
                                 "xmexample1 example1", "xmexample2 example2", "xmexample3 guest5"));
}

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
  EXPECT_THAT(config_of("on_watchdog = 'restart'"), HasSubstr("(on_watchdog restart)"));
  EXPECT_THAT(config_of("name = 'a'"), Not(HasSubstr("on_watchdog")));
  EXPECT_THAT(config_of("bootloader = '/x'\nbootloader_args = '-v'"), HasSubstr("(bootloader_args -v)"));
  EXPECT_THAT(config_of("bootloader = '/x'\nbootloader_args = ['-v', '-q']"), HasSubstr("(bootloader_args '-v -q')"));
  EXPECT_THAT(config_of("vif = ['bridge=a,devid=0,trusted=1']"), HasSubstr("(bridge a)"));
  EXPECT_THAT(config_of("firmware = 'uefi'\nnx = 1\ndevice_model_args = ['-x']\nvga = 'qxl'"), Not(HasSubstr("uefi")));
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

TEST(VmConfig, Cpuid) {
  EXPECT_THAT(
      config_of("cpuid = ['1:ecx=0x5,edx=xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx0', 'odd', '4,0:eax=0x1']"),
      HasSubstr(R"((on_xend_stop ignore) (cpuid "{'1': {'edx': 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx0', 'ecx': '0x5'}, )"
                R"('4,0': {'eax': '0x1'}}") (vcpus 1))"));
  const std::string hvm = config_of("builder = 'hvm'\ncpuid = ['1:eax=0x1']\ncpuid_check = ['2:ebx=0x2']");
  EXPECT_THAT(hvm, HasSubstr(R"((cpuid "{'1': {'eax': '0x1'}}") (cpuid_check "{'2': {'ebx': '0x2'}}") (fda '')"));
  EXPECT_THAT(config_of("cpuid_check = ['1:eax=0x1']"), HasSubstr("(cpuid_check ('1:eax=0x1'))"));
  EXPECT_EQ(error_of("cpuid = ['1:efx=0x1']"), "cpuid's syntax is (eax|ebx|ecx|edx)=value");
  EXPECT_EQ(error_of("cpuid = ['1:eax=0101']"),
            "cpuid: We should specify all the bits of the register eax for input 1\n");
}

// FLASK's policy has no name; whether Xen has FLASK, xend knows.
TEST(VmConfig, Labels) {
  const std::string element =
      "(s3_integrity 1) (security ((access_control (policy '') (label system_u:system_r:domU_t)))) (device (vif))";
  EXPECT_THAT(config_of("access_control = ['policy=,label=system_u:system_r:domU_t']\nvif = ['']"), HasSubstr(element));
  EXPECT_THAT(config_of("seclabel = 'system_u:system_r:domU_t'\nvif = ['']"), HasSubstr(element));
  EXPECT_THAT(config_of("seclabel = ''"), Not(HasSubstr("security")));
}

TEST(VmConfig, LabelsOfAcmNeedAPolicy) {
  EXPECT_EQ(error_of("access_control = ['label=a,policy=b']"), "Invalid access_control specifier: label=a,policy=b");
  EXPECT_EQ(error_of("access_control = ['policy=a,label=b', 'policy=a,label=c']"),
            "Multiple access_control definitions.");
  EXPECT_EQ(error_of("access_control = ['policy=a,label=b']"),
            "Security policy (a) incompatible with enforced policy (none).");
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
  EXPECT_EQ(disk("/dev/vg/x,,xvda"), "(vbd (uname phy:/dev/vg/x) (dev xvda) (mode w))");
  EXPECT_EQ(disk("/dev/vg/x,raw,xvda,r,backendtype=phy,discard"), "(vbd (uname phy:/dev/vg/x) (dev xvda) (mode r))");
  EXPECT_EQ(disk("/srv/x.iso,raw,hdc,devtype=cdrom"), "(vbd (uname file:/srv/x.iso) (dev hdc:cdrom) (mode r))");
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
  EXPECT_EQ(error_of("irq = 7"), "'int' object is not iterable");
  EXPECT_THAT(config_of("irq = '7'"), HasSubstr("(irq (irq \"'7'\"))"));
  EXPECT_THAT(config_of("irq = ['7']"), HasSubstr("(irq (irq \"'7'\"))"));
  EXPECT_EQ(error_of("pci = ['nonsense']"), "Failed to parse pci device: nonsense");
  EXPECT_EQ(error_of("pci = ['03:00.9']"), "Invalid function: 9");
  EXPECT_EQ(error_of("pci = ['03:00.0,speed=1']"), "Invalid pci option speed=1: ");
  EXPECT_THAT(config_of("pci = ['03:00.1@5,permissive=1']"),
              HasSubstr("(vdevfn 0x28) (func 0x1) (opts (permissive 1))"));
}

// Physical and virtual function of each device that a `pci` entry gives.
std::string functions_of(const std::string& entry) {
  std::string text;
  for (const PciDevice& device : parse_pci({entry}, host())) text += device.function + ">" + device.vdevfn + " ";
  return text;
}

TEST(Devices, FunctionsOfPciDevices) {
  EXPECT_EQ(functions_of("03:00.3"), "0x3>0x100 ");
  EXPECT_EQ(functions_of("03:00.0-2"), "0x2>0x102 0x1>0x101 0x0>0x100 ");
  EXPECT_EQ(functions_of("03:00.0,2@4"), "0x2>0x22 0x0>0x20 ");
  EXPECT_EQ(functions_of("03:00.1,3,msitranslate=1"), "0x3>0x103 0x1>0x100 ");
  EXPECT_EQ(functions_of("03:00.2=0,0=2"), "0x0>0x102 0x2>0x100 ");
  EXPECT_EQ(functions_of("03:00.4-5=0-1"), "0x5>0x101 0x4>0x100 ");
  EXPECT_EQ(functions_of("0,3,0,1"), "0x1>0x100 ");
  EXPECT_EQ(functions_of("03:00.*").size(), 80u);
  EXPECT_EQ(error_of("pci = ['03:00.0,0']"), "Duplicate functions: 03:00.0,0");
  EXPECT_EQ(error_of("pci = ['03:00.0=1']"), "Virtual device does not include virtual function 0: 03:00.0=1");
  EXPECT_EQ(error_of("pci = ['03:00.8']"), "Invalid function: 8");
  EXPECT_EQ(error_of("pci = ['03:00.9=0']"), "Invalid physical function in: 9=0");
  EXPECT_EQ(error_of("pci = ['03:00.0=9']"), "Invalid virtual function in: 0=9");
  EXPECT_EQ(error_of("pci = ['03:00.3-1']"), "Invalid range in: 3-1");
  EXPECT_EQ(error_of("pci = ['03:00.0@']"), "Failed to parse pci device: 03:00.0@");
  EXPECT_EQ(error_of("pci = ['12345:03:00.0']"), "Failed to parse pci device: 12345:03:00.0");
  EXPECT_EQ(error_of("pci = ['03:00.0,power_mgmt=2']"), "Invalid pci option power_mgmt=2: ");
  EXPECT_THAT(config_of("builder = 'hvm'\npci = ['03:00.0,msitranslate=1']"),
              HasSubstr("(pci ((0x0000 0x03 0x00 0x0 0x100 ((msitranslate 1)) 03:00.0)))"));
}

TEST(Devices, UsbControllers) {
  EXPECT_THAT(config_of("vusb = ['usbver=1, numports=2, port_2=1-8']"),
              HasSubstr("(device (vusb (usb-ver 1) (num-ports 2) (port (1 '') (2 1-8))))"));
  EXPECT_THAT(config_of("vusb = ['']"), HasSubstr("(usb-ver 2) (num-ports 8) (port (1 '')"));
  EXPECT_EQ(error_of("vusb = ['usbver=3']"), "Invalid vusb option: usbver");
  EXPECT_EQ(error_of("vusb = ['numports=17']"), "Invalid vusb option: numports");
  EXPECT_EQ(error_of("vusb = ['numports=x']"), "Invalid vusb option: numports");
}

TEST(Devices, ScsiDevices) {
  EXPECT_THAT(error_of("vscsi = ['/dev/sda, 0:0:0:1', '1:0:0:0,0:0:0:2,dom,']"), HasSubstr("vscsi syntax error"));
  EXPECT_THAT(config_of("vscsi = ['/dev/sda, 0:0:0:1', 'sg1,0:0:0:2', 'st0,3:0:0:0,dom']"),
              HasSubstr("(device (vscsi (feature-host 0) "
                        "(dev (state 1) (devid 0) (p-dev 0:0:0:0) (p-devname sda) (v-dev 0:0:0:1)) "
                        "(dev (state 1) (devid 0) (p-dev 0:0:1:0) (p-devname sdb) (v-dev 0:0:0:2)))) "
                        "(device (vscsi (feature-host 0) "
                        "(dev (state 1) (devid 3) (p-dev 1:0:0:0) (p-devname st0) (v-dev 3:0:0:0)) (backend dom)))"));
  EXPECT_THAT(config_of("vscsi = ['0:0:1:0,host']"),
              HasSubstr("(feature-host 1) (dev (state 1) (devid 0) (p-dev 0:0:0:0) (p-devname sda) (v-dev 0:0:0:0)) "
                        "(dev (state 1) (devid 0) (p-dev 0:0:1:0)"));
  EXPECT_EQ(error_of("vscsi = ['sda']"), "vscsi syntax error \"sda\"");
  EXPECT_EQ(error_of("vscsi = ['sda,0:0']"), "vscsi syntax error \"sda,0:0\"");
  EXPECT_EQ(error_of("vscsi = ['sdz,0:0:0:0']"), "Cannot find device \"sdz\"");
  EXPECT_EQ(error_of("vscsi = ['sda,0:0:0:0', 'sda,0:0:0:1']"), "The physical device \"0:0:0:0\" is already defined");
  EXPECT_EQ(error_of("vscsi = ['sda,0:0:0:0', 'sdb,0:0:0:0']"), "The virtual device \"0:0:0:0\" is already defined");
  EXPECT_EQ(error_of("vscsi = ['sda,1:0:0:5', 'st0,host']"),
            "The physical device \"1:0:0:0\" cannot define because mode is different");
  EXPECT_EQ(error_of("vscsi = ['sda,1:0:0:5', 'sdb,1:0:0:6,dom']"),
            "The physical device \"0:0:1:0\" cannot define because backend is different");
}

}  // namespace
}  // namespace xm::guest_config
