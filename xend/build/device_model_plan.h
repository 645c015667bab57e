// What a domain's device model (QEMU) is to be -- which devices it emulates or serves -- and the command line that
// says so. domain/device_model.h makes the plan from a configuration, device_models.h starts what it says.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "libxc-wrap/types.h"
#include "xend/build/usb_device.h"

namespace xend {

struct EmulatedDisk {
  std::string path{}, format{};  // of the image: "raw", "qcow2" ...; path: "" for a drive without a medium
  bool scsi = false;             // sda and on, otherwise IDE
  unsigned unit = 0;             // IDE 0 to 3: hda to hdd; SCSI 0 to 6
  unsigned device_id = 0;        // the number of the vbd
  bool cdrom = false, writable = false;
};

struct EmulatedNic {
  unsigned id = 0;  // of the vif
  std::string mac{}, model{}, bridge{};
  std::string tap{};  // the interface that QEMU makes, "vif5.0-emu"
};

struct VncDisplay {
  static constexpr unsigned kLast = 65535 - 5900;  // the ports of displays begin at 5900

  std::string listen = "127.0.0.1";
  unsigned display = 0;
  bool next_free = true;        // vncunused: the first free display from `display` on
  std::string password{};       // empty: none
  std::string certificates{};   // directory of X.509 certificates for TLS; empty: no TLS
  bool verify_viewers = false;  // TLS: a viewer has to show a certificate, too
  std::string socket{};         // if set, served on this unix socket and nowhere else
};

struct DeviceModelPlan {
  xc::DomId domid = 0;
  std::string name;
  xc::GuestType type = xc::GuestType::kHvm;
  std::string program;
  xc::MiB memory, video;
  unsigned vcpus = 1, online_vcpus = 1;
  std::vector<EmulatedDisk> disks;  // HVM
  std::vector<EmulatedNic> nics;    // HVM
  std::optional<VncDisplay> vnc;
  std::string keymap, boot = "c", kernel, ramdisk, cmdline, serial, parallel;
  std::vector<std::string> floppies, sound;
  std::vector<UsbDevice> usb_devices;  // each at a port
  bool usb = false, standard_vga = false, local_time = false, acpi = true, platform_pci = true;
  bool restores = false;  // the state of an earlier one is on its descriptor 3
};

// QEMU's command line without its name (spec domain-lifecycle 11.1, modern-xen 18). `socket` is where it listens for
// commands.
std::vector<std::string> device_model_arguments(const DeviceModelPlan& plan, const std::string& socket);

}  // namespace xend
