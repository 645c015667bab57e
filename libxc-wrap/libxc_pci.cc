// LibxcHypervisor's calls about PCI devices of the host (spec modern-xen 20).
extern "C" {
#include <xenctrl.h>
}

#include "libxc-wrap/libxc_hypervisor.h"

namespace xc {

void LibxcHypervisor::test_assign_device(std::uint32_t device) {
  Lease xc(*this);
  // For no domain in particular: the one that is to have it need not be there yet.
  xc->check(xc_test_assign_device(xc->get(), DOMID_INVALID, device), "xc_test_assign_device");
}

void LibxcHypervisor::assign_device(DomId domid, std::uint32_t device) {
  constexpr std::uint32_t kNoFlags = 0;
  Lease xc(*this);
  xc->check(xc_assign_device(xc->get(), domid, device, kNoFlags), "xc_assign_device");
}

void LibxcHypervisor::deassign_device(DomId domid, std::uint32_t device) {
  Lease xc(*this);
  xc->check(xc_deassign_device(xc->get(), domid, device), "xc_deassign_device");
}

void LibxcHypervisor::permit_memory(DomId domid, std::uint64_t first, std::uint64_t count, bool yes) {
  Lease xc(*this);
  xc->check(xc_domain_iomem_permission(xc->get(), domid, first, count, yes), "xc_domain_iomem_permission");
}

void LibxcHypervisor::permit_ports(DomId domid, unsigned first, unsigned count, bool yes) {
  Lease xc(*this);
  xc->check(xc_domain_ioport_permission(xc->get(), domid, first, count, yes), "xc_domain_ioport_permission");
}

void LibxcHypervisor::map_interrupt(DomId domid, int number) {
  Lease xc(*this);
  int pirq = number;
  xc->check(xc_physdev_map_pirq(xc->get(), domid, number, &pirq), "xc_physdev_map_pirq");
}

void LibxcHypervisor::unmap_interrupt(DomId domid, int number) {
  Lease xc(*this);
  xc->check(xc_physdev_unmap_pirq(xc->get(), domid, number), "xc_physdev_unmap_pirq");
}

void LibxcHypervisor::permit_interrupt(DomId domid, int number, bool yes) {
  Lease xc(*this);
  xc->check(xc_domain_irq_permission(xc->get(), domid, static_cast<std::uint32_t>(number), yes),
            "xc_domain_irq_permission");
}

}  // namespace xc
