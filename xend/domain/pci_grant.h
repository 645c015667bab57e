// PCI devices of the host in the hands of a domain, as far as Xen is concerned: who may have which (spec
// domain-lifecycle 4.2, step 8) and what Xen is told about it (modern-xen 20). How the guest gets to see them is
// devices/pci.h's.
#pragma once

#include <functional>
#include <vector>

#include "xend/devices/pci_element.h"
#include "xend/domain/host.h"

namespace xend {

// The functions in the devices of a configuration.
std::vector<PciFunction> pci_functions(const DomainConfig& config);

// Throws Error unless `functions` can be given to a domain of that configuration now: a PV guest, devices that pciback
// holds, and that no domain but `owner` (null: none) has or is promised. The caller holds DomainTable::lock_promises(),
// and has put the functions into the table before it lets that go.
void check_pci(Host& host, const DomainConfig& config, const std::vector<PciFunction>& functions, const Domain* owner);

// What Xen lets a domain do with devices; taken back, device by device and last things first, unless keep() is reached.
// Taking back resets the devices, never throws, and logs what fails.
class PciGrant {
 public:
  // `others`: the functions that the domain has besides; what they share with those of the grant -- the line of an
  // interrupt, a page of registers -- is theirs and stays.
  PciGrant(Host& host, const Domain& domain, const std::vector<PciFunction>& others);
  ~PciGrant();
  PciGrant(const PciGrant&) = delete;
  PciGrant& operator=(const PciGrant&) = delete;

  // Assigns the device to the domain where the host has an IOMMU, and lets the domain use its memory, ports and
  // interrupt. Throws Error; what has been done is then taken back with the rest.
  void give(const PciAddress& device);
  // Takes charge of a device that the domain has been given earlier.
  void take_over(const PciAddress& device);
  void keep() { undo_.clear(); }

 private:
  using Step = std::function<void()>;
  void step(bool done_before, const Step& step, Step undo);
  void go_through(const PciAddress& device, bool done_before);
  void assign(const PciAddress& device, bool done_before);
  void permit(PciResources resources, bool done_before);
  void leave_out_shared(PciResources& resources);

  Host& host_;
  const xc::DomId domid_;
  const std::string name_;
  std::vector<PciResources::Range> held_frames_, held_ports_;
  std::vector<int> held_interrupts_;
  std::vector<Step> undo_;
};

}  // namespace xend
