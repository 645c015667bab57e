#include "libxc-wrap/hvm_machine.h"

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <memory>
#include <numeric>

extern "C" {
#include <xen/hvm/hvm_info_table.h>
#include <xenctrl.h>
#include <xenguest.h>
}

#include "libxc-wrap/error.h"
#include "libxc-wrap/guest_page.h"

namespace xc {

MemoryLayout hvm_memory(MiB memory) {
  constexpr std::uint64_t kHole = 256 << 20;  // what hvmloader and QEMU's xenfv machine expect
  MemoryLayout layout = around_hole(memory, k4GiB - kHole);
  // The first MiB is hvmloader's own to describe.
  constexpr std::uint64_t kMiB = 1 << 20;
  if (layout.low_end > kMiB) layout.map.push_back({kMiB, layout.low_end - kMiB, MemoryRegion::Type::kRam});
  if (layout.high_end != 0) layout.map.push_back({k4GiB, layout.high_end - k4GiB, MemoryRegion::Type::kRam});
  return layout;
}

std::vector<std::uint8_t> read_firmware(const std::string& path) {
  constexpr std::streamoff kLargest = 16 << 20;
  if (path.empty()) return {};
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  const std::streamoff size = file ? static_cast<std::streamoff>(file.tellg()) : -1;
  if (size < 0) throw Error("read_firmware", errno, "the firmware " + path + " cannot be read");
  if (size == 0 || size > kLargest) throw Error("read_firmware", EINVAL, path + " is not a firmware image");
  std::vector<std::uint8_t> bytes(static_cast<std::size_t>(size));
  file.seekg(0);
  if (!file.read(reinterpret_cast<char*>(bytes.data()), size))
    throw Error("read_firmware", EIO, "the firmware " + path + " cannot be read");
  return bytes;
}

void describe_hvm(xc_dom_image& image, const MemoryLayout& memory, MiB target, std::vector<std::uint8_t>& firmware) {
  constexpr unsigned kVgaHolePages = 0x20;  // 0xa0000 to 0xbffff
  image.device_model = true;
  image.vga_hole_size = kVgaHolePages;
  image.target_pages = target.value << (20 - XC_PAGE_SHIFT);
  image.mmio_start = memory.hole_start;
  image.mmio_size = memory.hole_size;
  image.lowmem_end = memory.low_end;
  image.highmem_end = memory.high_end;
  if (firmware.empty()) return;
  image.system_firmware_module.data = firmware.data();
  image.system_firmware_module.length = static_cast<std::uint32_t>(firmware.size());
}

void complete_hvm_info(Handle& handle, DomId domid, const HvmMachine& machine, unsigned vcpus) {
  const GuestPage page(handle, domid, HVM_INFO_PFN, GuestPage::Access::kWrite);
  auto* const table = reinterpret_cast<hvm_info_table*>(page.bytes() + HVM_INFO_OFFSET);
  table->apic_mode = machine.apic ? 1 : 0;
  table->nr_vcpus = vcpus;
  std::fill(std::begin(table->vcpu_online), std::end(table->vcpu_online), std::uint8_t{0});
  for (unsigned vcpu = 0; vcpu < machine.online_vcpus; ++vcpu)
    table->vcpu_online[vcpu / 8] = static_cast<std::uint8_t>(table->vcpu_online[vcpu / 8] | 1U << vcpu % 8);
  table->checksum = 0;
  const auto* const bytes = reinterpret_cast<const std::uint8_t*>(table);
  table->checksum = static_cast<std::uint8_t>(-std::accumulate(bytes, bytes + table->length, 0));
}

}  // namespace xc
