#include "libxc-wrap/domain_builder.h"

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <vector>

extern "C" {
#include <xenctrl.h>
#include <xenguest.h>
}

#include "libxc-wrap/acpi_tables.h"
#include "libxc-wrap/error.h"
#include "libxc-wrap/kernel_image.h"
#include "libxc-wrap/pvh_memory.h"

namespace xc {
namespace {

// What the image of a PVH or HVM domain points to until xc_dom_boot_image is done.
struct Extras {
  std::vector<std::uint8_t> acpi, firmware;
  std::vector<e820entry> e820;
};

// What the domain has when its balloon is empty. Above what it starts with, memory is populated on demand.
MiB full_memory(const BuildOrder& order) {
  return order.type == GuestType::kPv ? order.memory : std::max(order.memory, order.maximum);
}

void check_vcpus(const BuildOrder& order) {
  if (order.vcpus == 0) throw Error("build_domain", EINVAL, "a domain needs at least one VCPU");
  if (order.type != GuestType::kPv && order.vcpus > kMaxHvmVcpus) {
    throw Error("build_domain", EINVAL,
                "a PVH or HVM guest has at most " + std::to_string(kMaxHvmVcpus) + " VCPUs, not " +
                    std::to_string(order.vcpus));
  }
}

std::vector<e820entry> e820_of(const std::vector<MemoryRegion>& map) {
  std::vector<e820entry> entries;
  for (const MemoryRegion& region : map)
    entries.push_back({region.start, region.size, static_cast<std::uint32_t>(region.type)});
  return entries;
}

Extras describe_pvh(xc_dom_image& image, const BuildOrder& order) {
  Extras extras;
  extras.acpi = acpi_tables(order.vcpus);
  const MemoryLayout memory = pvh_memory(full_memory(order), extras.acpi.size());
  extras.e820 = e820_of(memory.map);
  image.device_model = false;
  image.vga_hole_size = 0;
  image.target_pages = order.memory.value << (20 - XC_PAGE_SHIFT);  // 0 would mean: all populated on demand
  image.mmio_start = memory.hole_start;
  image.mmio_size = memory.hole_size;
  image.lowmem_end = memory.low_end;
  image.highmem_end = memory.high_end;
  image.acpi_modules[0].data = extras.acpi.data();
  image.acpi_modules[0].length = static_cast<std::uint32_t>(extras.acpi.size());
  image.acpi_modules[0].guest_addr_out = kAcpiAddress;
  return extras;
}

Extras describe_pc(xc_dom_image& image, const BuildOrder& order) {
  Extras extras;
  extras.firmware = read_firmware(order.hvm.firmware);
  const MemoryLayout memory = hvm_memory(full_memory(order));
  extras.e820 = e820_of(memory.map);
  describe_hvm(image, memory, order.memory, extras.firmware);
  return extras;
}

detail::ImageOwner describe(Handle& handle, const BuildOrder& order) {
  handle.check(xc_dom_loginit(handle.get()), "xc_dom_loginit");
  detail::ImageOwner image(
      xc_dom_allocate(handle.get(), order.cmdline.c_str(), order.features.empty() ? nullptr : order.features.c_str()));
  if (!image) handle.fail("xc_dom_allocate", ENOMEM);
  image->container_type =
      order.type == GuestType::kPv ? xc_dom_image::XC_DOM_PV_CONTAINER : xc_dom_image::XC_DOM_HVM_CONTAINER;
  handle.check(xc_dom_kernel_mem(image.get(), order.kernel.data(), order.kernel.size()), "xc_dom_kernel_mem");
  if (!order.ramdisk.empty()) {
    handle.check(xc_dom_module_file(image.get(), order.ramdisk.c_str(), nullptr),
                 ("xc_dom_module_file " + order.ramdisk).c_str());
  }
  image->console_evtchn = order.console_port;
  image->xenstore_evtchn = order.store_port;
  image->console_domid = image->xenstore_domid = 0;
  image->claim_enabled = 0;
  image->max_vcpus = order.vcpus;
  return image;
}

}  // namespace

void require_vcpus(Handle& handle, DomId domid, GuestType type) {
  xc_domaininfo_t info{};
  const int count = handle.check(xc_domain_getinfolist(handle.get(), domid, 1, &info), "xc_domain_getinfolist");
  const std::string name = "domain " + std::to_string(domid);
  if (count == 0 || info.domain != domid) throw Error("xc_domain_getinfolist", ESRCH, "there is no " + name);
  const bool hvm = (info.flags & XEN_DOMINF_hvm_guest) != 0;
  if (hvm != (type != GuestType::kPv)) {
    throw Error("xc_domain_getinfolist", EINVAL,
                name + " was created as " + (hvm ? "HVM or PVH" : "PV") + ", not as " + std::string(to_string(type)));
  }
  if (info.max_vcpu_id == XEN_INVALID_MAX_VCPU_ID)
    throw Error("xc_domain_getinfolist", EINVAL, name + " has no VCPUs: filling it would bring down the hypervisor");
}

BuiltDomain build_domain(Handle& handle, const BuildOrder& order) {
  check_vcpus(order);
  require_vcpus(handle, order.domid, order.type);
  Extras extras;  // outlives the image, which points into it
  const detail::ImageOwner image = describe(handle, order);
  if (order.type == GuestType::kPvh) extras = describe_pvh(*image, order);
  if (order.type == GuestType::kHvm) extras = describe_pc(*image, order);

  xc_dom_image* const dom = image.get();
  handle.check(xc_dom_boot_xen_init(dom, handle.get(), order.domid), "xc_dom_boot_xen_init");
  handle.check(xc_dom_parse_image(dom), "xc_dom_parse_image");
  handle.check(xc_dom_mem_init(dom, static_cast<unsigned>(full_memory(order).value)), "xc_dom_mem_init");
  handle.check(xc_dom_boot_mem_init(dom), "xc_dom_boot_mem_init");
  if (!extras.e820.empty()) {
    const auto entries = static_cast<std::uint32_t>(extras.e820.size());
    handle.check(xc_domain_set_memory_map(handle.get(), order.domid, extras.e820.data(), entries),
                 "xc_domain_set_memory_map");
    dom->e820 = extras.e820.data();
    dom->e820_entries = entries;
  }
  handle.check(xc_dom_build_image(dom), "xc_dom_build_image");
  handle.check(xc_dom_boot_image(dom), "xc_dom_boot_image");
  handle.check(xc_dom_gnttab_init(dom), "xc_dom_gnttab_init");
  if (order.type == GuestType::kHvm) complete_hvm_info(handle, order.domid, order.hvm, order.vcpus);
  // For PVH and HVM these are the guest frames themselves.
  return {xc_dom_p2m(dom, dom->xenstore_pfn), xc_dom_p2m(dom, dom->console_pfn),
          dom->guest_type == nullptr ? "" : dom->guest_type};
}

}  // namespace xc
