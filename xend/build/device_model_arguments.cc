// The plan of a device model as QEMU's command line (spec modern-xen 18).
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "xend/build/device_model_plan.h"
#include "xend/log.h"

namespace xend {
namespace {

// A value inside one of QEMU's comma-separated lists.
std::string quoted(const std::string& value) {
  std::string result;
  for (const char c : value) {
    result += c;
    if (c == ',') result += c;
  }
  return result;
}

class CommandLine {
 public:
  void add(std::string word) { words_.push_back(std::move(word)); }
  void add(const char* option, std::string value) {
    words_.emplace_back(option);
    words_.push_back(std::move(value));
  }
  std::vector<std::string> take() { return std::move(words_); }

 private:
  std::vector<std::string> words_;
};

void add_vnc(CommandLine& line, const VncDisplay& vnc) {
  if (!vnc.socket.empty()) return line.add("-vnc", "unix:" + quoted(vnc.socket));
  std::string value = fmt::format("{}:{}", quoted(vnc.listen), vnc.display);
  if (!vnc.password.empty()) value += ",password=on";
  if (!vnc.certificates.empty()) {
    line.add("-object", fmt::format("tls-creds-x509,id=vnc,endpoint=server,dir={},verify-peer={}",
                                    quoted(vnc.certificates), vnc.verify_viewers ? "on" : "off"));
    value += ",tls-creds=vnc";
  }
  constexpr unsigned kTries = 100;
  if (vnc.next_free) value += fmt::format(",to={}", std::min(vnc.display + kTries - 1, VncDisplay::kLast));
  line.add("-vnc", value);
}

void add_display(CommandLine& line, const DeviceModelPlan& plan) {
  line.add("-display", "none");
  if (!plan.vnc) return line.add("-vnc", "none");
  add_vnc(line, *plan.vnc);
  if (!plan.keymap.empty()) line.add("-k", plan.keymap);
}

void add_disk(CommandLine& line, const EmulatedDisk& disk) {
  std::string drive = disk.path.empty() ? "" : fmt::format(",file={},format={}", quoted(disk.path), disk.format);
  if (disk.cdrom) {
    // Named after the vbd, so that its medium can be found and changed.
    line.add("-drive",
             fmt::format("if=ide,index={},readonly=on,media=cdrom,id=ide-{}{}", disk.unit, disk.device_id, drive));
    return;
  }
  drive += disk.writable ? ",cache=writeback" : ",cache=writeback,readonly=on";
  if (!disk.scsi) return line.add("-drive", fmt::format("if=ide,index={},media=disk{}", disk.unit, drive));
  line.add("-drive", fmt::format("if=none,id=scsi0-hd{}{}", disk.unit, drive));
  line.add("-device", fmt::format("scsi-hd,bus=scsi0.0,scsi-id={0},drive=scsi0-hd{0}", disk.unit));
}

void add_disks(CommandLine& line, const DeviceModelPlan& plan) {
  if (std::any_of(plan.disks.begin(), plan.disks.end(), [](const EmulatedDisk& disk) { return disk.scsi; }))
    line.add("-device", "lsi53c895a,id=scsi0");
  for (const EmulatedDisk& disk : plan.disks) add_disk(line, disk);
  for (std::size_t i = 0; i < plan.floppies.size(); ++i) {
    if (!plan.floppies[i].empty())
      line.add("-drive", fmt::format("if=floppy,index={},format=raw,file={}", i, quoted(plan.floppies[i])));
  }
}

void add_nics(CommandLine& line, const DeviceModelPlan& plan) {
  for (const EmulatedNic& nic : plan.nics) {
    line.add("-device", fmt::format("{0},id=nic{1},netdev=net{1},mac={2}", nic.model, nic.id, nic.mac));
    // The script that puts the interface onto its bridge is the daemon's business.
    line.add("-netdev", fmt::format("type=tap,id=net{},ifname={},script=no,downscript=no", nic.id, nic.tap));
  }
}

// Sound cards under their classic names.
void add_sound(CommandLine& line, const DeviceModelPlan& plan) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 6> kCards{{{"sb16", "sb16"},
                                                                                 {"es1370", "ES1370"},
                                                                                 {"ac97", "AC97"},
                                                                                 {"adlib", "adlib"},
                                                                                 {"hda", "intel-hda"},
                                                                                 {"gus", "gus"}}};
  if (plan.sound.empty()) return;
  line.add("-audiodev", "none,id=sound");
  for (const std::string& name : plan.sound) {
    const bool all = name == "all";
    bool known = all;
    for (const auto& [classic, device] : kCards) {
      if (classic != name && (!all || classic == "hda" || classic == "gus" || classic == "adlib")) continue;
      known = true;
      line.add("-device", classic == "hda" ? std::string(device) : fmt::format("{},audiodev=sound", device));
      if (classic == "hda") line.add("-device", "hda-duplex,audiodev=sound");
    }
    if (!known) XEND_LOG(Warning, "Domain {}: soundhw {} is not known and left out.", plan.name, name);
  }
}

void add_usb(CommandLine& line, const DeviceModelPlan& plan) {
  if (!plan.usb) return;
  line.add("-usb");
  for (const UsbDevice& device : plan.usb_devices) {
    std::string text = fmt::format("{},id={},bus={},port={}", device.driver, device.id(), kUsbBus, device.port);
    for (const auto& [property, value] : device.properties) text += fmt::format(",{}={}", property, value);
    line.add("-device", text);
  }
}

void add_pc(CommandLine& line, const DeviceModelPlan& plan) {
  line.add("-machine", plan.platform_pci ? "xenfv,suppress-vmdesc=on" : "pc,accel=xen,suppress-vmdesc=on");
  line.add("-smp", fmt::format("{},maxcpus={}", plan.online_vcpus, plan.vcpus));
  line.add("-device", fmt::format("{},vgamem_mb={}", plan.standard_vga ? "VGA" : "cirrus-vga", plan.video.value));
  line.add("-boot", "order=" + quoted(plan.boot));
  if (!plan.kernel.empty()) line.add("-kernel", plan.kernel);
  if (!plan.kernel.empty() && !plan.ramdisk.empty()) line.add("-initrd", plan.ramdisk);
  if (!plan.kernel.empty() && !plan.cmdline.empty()) line.add("-append", plan.cmdline);
  if (!plan.serial.empty()) line.add("-serial", plan.serial);
  if (!plan.parallel.empty()) line.add("-parallel", plan.parallel);
  if (!plan.acpi) line.add("-no-acpi");
  if (plan.local_time) line.add("-rtc", "base=localtime");
  add_disks(line, plan);
  add_nics(line, plan);
  add_sound(line, plan);
  add_usb(line, plan);
  if (plan.restores) line.add("-incoming", "fd:3");
}

}  // namespace

std::vector<std::string> device_model_arguments(const DeviceModelPlan& plan, const std::string& socket) {
  CommandLine line;
  line.add("-xen-domid", std::to_string(plan.domid));
  line.add("-name", quoted(plan.name));
  line.add("-no-shutdown");
  line.add("-nodefaults");
  line.add("-no-user-config");
  line.add("-chardev", fmt::format("socket,id=xend,path={},server=on,wait=off", quoted(socket)));
  line.add("-mon", "chardev=xend,mode=control");
  line.add("-m", std::to_string(plan.memory.value));
  add_display(line, plan);
  if (plan.type == xc::GuestType::kHvm) {
    add_pc(line, plan);
  } else {
    line.add("-machine", "xenpv");
    line.add("-xen-attach");
  }
  return line.take();
}

}  // namespace xend
