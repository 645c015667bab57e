// What makes an empty domain a PC: where its RAM lies, the firmware that starts in it, and the table that tells the
// firmware about processors. Used by the builder; the device model (QEMU) adds the rest at run time.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "libxc-wrap/handle.h"
#include "libxc-wrap/memory_region.h"
#include "libxc-wrap/types.h"

struct xc_dom_image;

namespace xc {

struct HvmMachine {
  std::string firmware;       // the BIOS that hvmloader starts, a file; empty: hvmloader has its own
  bool apic = true;           // whether the firmware describes local APICs to the guest
  unsigned online_vcpus = 1;  // of all that the domain has, those that are there at boot
};

// Where a PC's RAM lies: around the hole below 4 GiB that devices are mapped into.
struct HvmMemory {
  std::uint64_t low_end = 0;                    // RAM from 0 to here
  std::uint64_t high_end = 0;                   // RAM from 4 GiB to here; 0: none
  std::uint64_t hole_start = 0, hole_size = 0;  // up to 4 GiB
  std::vector<MemoryRegion> map;                // what hvmloader asks Xen for; it makes the guest's own from it
};

// `memory` without that of a graphics card, which the device model adds (spec modern-xen 6).
HvmMemory hvm_memory(MiB memory);

// The firmware's bytes, kept for as long as the image points to them. Throws Error when the file cannot be read or is
// no firmware: larger than 16 MiB, or empty.
std::vector<std::uint8_t> read_firmware(const std::string& path);

// Sets what `image` needs before xc_dom_boot_xen_init. `firmware` must live until the image is booted.
void describe_hvm(xc_dom_image& image, const HvmMemory& memory, MiB target, std::vector<std::uint8_t>& firmware);

// Completes the table that the builder has left in the guest's memory (xen/hvm/hvm_info_table.h): how many vcpus there
// are and which of them are online. Throws Error.
void complete_hvm_info(Handle& handle, DomId domid, const HvmMachine& machine, unsigned vcpus);

}  // namespace xc
