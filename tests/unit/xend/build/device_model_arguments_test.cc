// What QEMU is told for each key of a guest's file: spec domain-lifecycle 11.1, modern-xen 18.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "xend/build/device_model_plan.h"

namespace xend {
namespace {

using testing::HasSubstr;
using testing::Not;

DeviceModelPlan guest() {
  DeviceModelPlan plan;
  plan.domid = 5;
  plan.name = "win";
  plan.memory = {512};
  plan.video = {8};
  return plan;
}

// All words with blanks between them, and around.
std::string line_of(const DeviceModelPlan& plan) {
  return fmt::format(" {} ", fmt::join(device_model_arguments(plan, "/run/qmp-5"), " "));
}

EmulatedDisk disk(const std::string& path, unsigned unit) {
  return {.path = path, .format = "raw", .unit = unit, .device_id = 768, .writable = true};
}

UsbDevice usb(const std::string& name, unsigned port) {
  UsbDevice device = parse_usb_device(name).value();
  device.port = port;
  return device;
}

TEST(DeviceModelArguments, TheLeastThatAPcNeeds) {
  EXPECT_EQ(line_of(guest()),
            " -xen-domid 5 -name win -no-shutdown -nodefaults -no-user-config"
            " -chardev socket,id=xend,path=/run/qmp-5,server=on,wait=off -mon chardev=xend,mode=control -m 512"
            " -display none -vnc none -machine xenfv,suppress-vmdesc=on -smp 1,maxcpus=1"
            " -device cirrus-vga,vgamem_mb=8 -boot order=c ");
}

TEST(DeviceModelArguments, AGuestWithAFrameBufferGetsNoMachine) {
  DeviceModelPlan plan = guest();
  plan.type = xc::GuestType::kPv;
  plan.vnc = VncDisplay{};
  plan.keymap = "de";
  plan.disks = {disk("/srv/a.img", 0)};
  plan.usb = plan.standard_vga = true;
  EXPECT_EQ(line_of(plan),
            " -xen-domid 5 -name win -no-shutdown -nodefaults -no-user-config"
            " -chardev socket,id=xend,path=/run/qmp-5,server=on,wait=off -mon chardev=xend,mode=control -m 512"
            " -display none -vnc 127.0.0.1:0,to=99 -k de -machine xenpv -xen-attach ");
}

struct Case {
  const char* what;
  std::function<void(DeviceModelPlan&)> change;
  const char* words;
};

class EachKey : public testing::TestWithParam<Case> {};

TEST_P(EachKey, BecomesWords) {
  DeviceModelPlan plan = guest();
  GetParam().change(plan);
  EXPECT_THAT(line_of(plan), HasSubstr(fmt::format(" {} ", GetParam().words)));
}

const Case kCases[] = {
    {"boot", [](auto& p) { p.boot = "dc"; }, "-boot order=dc"},
    {"vcpus", [](auto& p) { p.vcpus = 4, p.online_vcpus = 2; }, "-smp 2,maxcpus=4"},
    {"stdvga", [](auto& p) { p.standard_vga = true, p.video = {16}; }, "-device VGA,vgamem_mb=16"},
    {"acpi = 0", [](auto& p) { p.acpi = false; }, "-no-acpi"},
    {"localtime", [](auto& p) { p.local_time = true; }, "-rtc base=localtime"},
    {"xen_platform_pci = 0", [](auto& p) { p.platform_pci = false; }, "-machine pc,accel=xen,suppress-vmdesc=on"},
    {"serial", [](auto& p) { p.serial = "pty"; }, "-serial pty"},
    {"parallel", [](auto& p) { p.parallel = "none"; }, "-parallel none"},
    {"kernel", [](auto& p) { p.kernel = "/k", p.ramdisk = "/r", p.cmdline = "a=1,2 b"; },
     "-kernel /k -initrd /r -append a=1,2 b"},
    {"restored", [](auto& p) { p.restores = true; }, "-incoming fd:3"},
    {"fda",
     [](auto& p) {
       p.floppies = {"/a,b.img", ""};
     },
     "-drive if=floppy,index=0,format=raw,file=/a,,b.img"},
    {"fdb",
     [](auto& p) {
       p.floppies = {"", "/b.img"};
     },
     "-drive if=floppy,index=1,format=raw,file=/b.img"},
    {"usb", [](auto& p) { p.usb = true; }, "-usb"},
    {"usbdevice tablet", [](auto& p) { p.usb = true, p.usb_devices = {usb("tablet", 1)}; },
     "-usb -device usb-tablet,id=usb1,bus=usb-bus.0,port=1"},
    {"a mouse at the second port", [](auto& p) { p.usb = true, p.usb_devices = {usb("mouse", 2)}; },
     "-usb -device usb-mouse,id=usb2,bus=usb-bus.0,port=2"},
    {"usbdevice mouse and keyboard",
     [](auto& p) {
       p.usb = true, p.usb_devices = {usb("mouse", 1), usb("keyboard", 2)};
     },
     "-usb -device usb-mouse,id=usb1,bus=usb-bus.0,port=1 -device usb-kbd,id=usb2,bus=usb-bus.0,port=2"},
    {"usbdevice by product", [](auto& p) { p.usb = true, p.usb_devices = {usb("host:046d:c52b", 1)}; },
     "-usb -device usb-host,id=usb1,bus=usb-bus.0,port=1,vendorid=1133,productid=50475"},
    {"usbdevice by place", [](auto& p) { p.usb = true, p.usb_devices = {usb("host:1.7", 2)}; },
     "-usb -device usb-host,id=usb2,bus=usb-bus.0,port=2,hostbus=1,hostaddr=7"},
    {"soundhw",
     [](auto& p) {
       p.sound = {"sb16", "es1370"};
     },
     "-audiodev none,id=sound -device sb16,audiodev=sound -device ES1370,audiodev=sound"},
    {"soundhw hda", [](auto& p) { p.sound = {"hda"}; },
     "-audiodev none,id=sound -device intel-hda -device hda-duplex,audiodev=sound"},
    {"soundhw all", [](auto& p) { p.sound = {"all"}; },
     "-audiodev none,id=sound -device sb16,audiodev=sound -device ES1370,audiodev=sound -device AC97,audiodev=sound"},
    {"disk", [](auto& p) { p.disks = {disk("/srv/a,b.img", 0)}; },
     "-drive if=ide,index=0,media=disk,file=/srv/a,,b.img,format=raw,cache=writeback"},
    {"two disks",
     [](auto& p) {
       p.disks = {disk("/a", 0), disk("/b", 1)};
     },
     "-drive if=ide,index=0,media=disk,file=/a,format=raw,cache=writeback"
     " -drive if=ide,index=1,media=disk,file=/b,format=raw,cache=writeback"},
    {"an image that QEMU serves",
     [](auto& p) { p.disks = {{.path = "/a", .format = "qcow2", .unit = 0, .writable = true}}; },
     "-drive if=ide,index=0,media=disk,file=/a,format=qcow2,cache=writeback"},
    {"CD-ROM",
     [](auto& p) { p.disks = {{.path = "/cd.iso", .format = "raw", .unit = 2, .device_id = 5632, .cdrom = true}}; },
     "-drive if=ide,index=2,readonly=on,media=cdrom,id=ide-5632,file=/cd.iso,format=raw"},
    {"empty CD-ROM", [](auto& p) { p.disks = {{.unit = 2, .device_id = 5632, .cdrom = true}}; },
     "-drive if=ide,index=2,readonly=on,media=cdrom,id=ide-5632"},
    {"SCSI",
     [](auto& p) {
       p.disks = {{.path = "/a", .format = "raw", .scsi = true, .unit = 0, .writable = true},
                  {.path = "/b", .format = "raw", .scsi = true, .unit = 3}};
     },
     "-device lsi53c895a,id=scsi0 -drive if=none,id=scsi0-hd0,file=/a,format=raw,cache=writeback"
     " -device scsi-hd,bus=scsi0.0,scsi-id=0,drive=scsi0-hd0"
     " -drive if=none,id=scsi0-hd3,file=/b,format=raw,cache=writeback,readonly=on"
     " -device scsi-hd,bus=scsi0.0,scsi-id=3,drive=scsi0-hd3"},
    {"two interfaces",
     [](auto& p) {
       p.nics = {{.id = 0, .mac = "00:16:3e:00:00:01", .model = "rtl8139", .bridge = "br0", .tap = "vif5.0-emu"},
                 {.id = 2, .mac = "00:16:3e:00:00:02", .model = "e1000", .bridge = "br0", .tap = "vif5.2-emu"}};
     },
     "-device rtl8139,id=nic0,netdev=net0,mac=00:16:3e:00:00:01"
     " -netdev type=tap,id=net0,ifname=vif5.0-emu,script=no,downscript=no"
     " -device e1000,id=nic2,netdev=net2,mac=00:16:3e:00:00:02"
     " -netdev type=tap,id=net2,ifname=vif5.2-emu,script=no,downscript=no"},
    {"vncdisplay", [](auto& p) { p.vnc = VncDisplay{.display = 7, .next_free = false}; }, "-vnc 127.0.0.1:7"},
    {"vncunused", [](auto& p) { p.vnc = VncDisplay{.listen = "0.0.0.0", .display = 7}; }, "-vnc 0.0.0.0:7,to=106"},
    // Beyond the last port QEMU would not start.
    {"the last displays", [](auto& p) { p.vnc = VncDisplay{.display = 59600}; }, "-vnc 127.0.0.1:59600,to=59635"},
    {"vncpasswd", [](auto& p) { p.vnc = VncDisplay{.next_free = false, .password = "secret"}; },
     "-vnc 127.0.0.1:0,password=on"},
    {"vnc-tls",
     [](auto& p) { p.vnc = VncDisplay{.next_free = false, .certificates = "/etc/xen/a,b", .verify_viewers = true}; },
     "-object tls-creds-x509,id=vnc,endpoint=server,dir=/etc/xen/a,,b,verify-peer=on"
     " -vnc 127.0.0.1:0,tls-creds=vnc"},
    {"vnc-tls without verification",
     [](auto& p) { p.vnc = VncDisplay{.next_free = false, .certificates = "/etc/xen/vnc"}; },
     "-object tls-creds-x509,id=vnc,endpoint=server,dir=/etc/xen/vnc,verify-peer=off -vnc 127.0.0.1:0,tls-creds=vnc"},
    {"on a socket, with a keymap",
     [](auto& p) { p.vnc = VncDisplay{.password = "secret", .socket = "/run/vnc-5"}, p.keymap = "de"; },
     "-vnc unix:/run/vnc-5 -k de"},
};

INSTANTIATE_TEST_SUITE_P(DeviceModelArguments, EachKey, testing::ValuesIn(kCases),
                         [](const auto& tested) { return fmt::format("n{}", tested.index); });

TEST(DeviceModelArguments, APasswordIsNotAmongThem) {
  DeviceModelPlan plan = guest();
  plan.vnc = VncDisplay{.password = "secret"};
  EXPECT_THAT(line_of(plan), Not(HasSubstr("secret")));
}

TEST(DeviceModelArguments, WhatIsNotKnownIsLeftOut) {
  DeviceModelPlan plan = guest();
  plan.sound = {"trumpet"};
  EXPECT_THAT(line_of(plan), HasSubstr(" -boot order=c -audiodev none,id=sound "));
}

TEST(DeviceModelArguments, CommasInNamesAndSocketsAreDoubled) {
  DeviceModelPlan plan = guest();
  plan.name = "a,b";
  const auto words = device_model_arguments(plan, "/run/q,x");
  EXPECT_THAT(words, testing::Contains("a,,b"));
  EXPECT_THAT(words, testing::Contains("socket,id=xend,path=/run/q,,x,server=on,wait=off"));
}

// A guest with kernel options but no kernel boots from its disk; QEMU refuses options without a kernel.
TEST(DeviceModelArguments, NoRamdiskWithoutAKernel) {
  DeviceModelPlan plan = guest();
  plan.ramdisk = "/r";
  plan.cmdline = "quiet";
  EXPECT_THAT(line_of(plan), Not(HasSubstr("-initrd")));
  EXPECT_THAT(line_of(plan), Not(HasSubstr("-append")));
}

}  // namespace
}  // namespace xend
