// What makes an empty domain a PC: where its RAM lies, the firmware that starts in it, and the table that tells the
// firmware about processors. Used by the builder; the device model (QEMU) adds the rest at run time.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "libxc-wrap/handle.h"
#include "libxc-wrap/memory_layout.h"
#include "libxc-wrap/types.h"

struct xc_dom_image;

namespace xc {

struct HvmMachine {
  std::string firmware;       // the BIOS that hvmloader starts, a file; empty: hvmloader has its own
  bool apic = true;           // whether the firmware describes local APICs to the guest
  unsigned online_vcpus = 1;  // of all that the domain has, those that are there at boot
};

// `memory` without that of a graphics card, which the device model adds. Devices are mapped into the hole; the map is
// what hvmloader asks Xen for and makes the guest's own from (spec modern-xen 6).
MemoryLayout hvm_memory(MiB memory);

// The firmware's bytes, kept for as long as the image points to them. Throws Error when the file cannot be read or is
// no firmware: larger than 16 MiB, or empty.
std::vector<std::uint8_t> read_firmware(const std::string& path);

// Sets what `image` needs before xc_dom_boot_xen_init. `firmware` must live until the image is booted.
void describe_hvm(xc_dom_image& image, const MemoryLayout& memory, MiB target, std::vector<std::uint8_t>& firmware);

// Completes the table that the builder has left in the guest's memory (xen/hvm/hvm_info_table.h): how many vcpus there
// are and which of them are online. Throws Error.
void complete_hvm_info(Handle& handle, DomId domid, const HvmMachine& machine, unsigned vcpus);

}  // namespace xc
