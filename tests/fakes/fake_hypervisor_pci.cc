// FakeHypervisor's calls about PCI devices: each takes something of what granted() tells, or gives it back.
#include <fmt/format.h>

#include <cerrno>

#include "tests/fakes/fake_hypervisor.h"

namespace fakes {

namespace {

std::string device_text(std::uint32_t device) {
  return fmt::format("device {:#x}", device);
}

}  // namespace

void FakeHypervisor::test_assign_device(std::uint32_t device) {
  const std::lock_guard lock(mutex_);
  record("test_assign_device", fmt::format("{:#x}", device));
  if (!host_.iommu) throw xc::Error("xc_test_assign_device", EOPNOTSUPP);
  for (const auto& [domid, domain] : domains_)
    if (domain.granted.contains(device_text(device))) throw xc::Error("xc_test_assign_device", EINVAL);
}

void FakeHypervisor::assign_device(xc::DomId domid, std::uint32_t device) {
  const std::lock_guard lock(mutex_);
  record("assign_device", fmt::format("{} {:#x}", domid, device));
  if (!find("xc_assign_device", domid).iommu) throw xc::Error("xc_assign_device", EOPNOTSUPP);
  for (const auto& [other, domain] : domains_)
    if (domain.granted.contains(device_text(device))) throw xc::Error("xc_assign_device", EBUSY);
  grant(domid, device_text(device), true);
}

void FakeHypervisor::deassign_device(xc::DomId domid, std::uint32_t device) {
  const std::lock_guard lock(mutex_);
  record("deassign_device", fmt::format("{} {:#x}", domid, device));
  grant(domid, device_text(device), false);
}

void FakeHypervisor::permit_memory(xc::DomId domid, std::uint64_t first, std::uint64_t count, bool yes) {
  const std::lock_guard lock(mutex_);
  record("permit_memory", fmt::format("{} {:#x}+{} {}", domid, first, count, yes));
  grant(domid, fmt::format("memory {:#x}+{}", first, count), yes);
}

void FakeHypervisor::permit_ports(xc::DomId domid, unsigned first, unsigned count, bool yes) {
  const std::lock_guard lock(mutex_);
  record("permit_ports", fmt::format("{} {:#x}+{} {}", domid, first, count, yes));
  grant(domid, fmt::format("ports {:#x}+{}", first, count), yes);
}

void FakeHypervisor::map_interrupt(xc::DomId domid, int number) {
  const std::lock_guard lock(mutex_);
  record("map_interrupt", fmt::format("{} {}", domid, number));
  grant(domid, fmt::format("mapped {}", number), true);
}

void FakeHypervisor::unmap_interrupt(xc::DomId domid, int number) {
  const std::lock_guard lock(mutex_);
  record("unmap_interrupt", fmt::format("{} {}", domid, number));
  grant(domid, fmt::format("mapped {}", number), false);
}

void FakeHypervisor::permit_interrupt(xc::DomId domid, int number, bool yes) {
  const std::lock_guard lock(mutex_);
  record("permit_interrupt", fmt::format("{} {} {}", domid, number, yes));
  grant(domid, fmt::format("interrupt {}", number), yes);
}

std::vector<std::string> FakeHypervisor::granted() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> all;
  for (const auto& [domid, domain] : domains_)
    for (const std::string& what : domain.granted) all.push_back(fmt::format("{} {}", domid, what));
  return all;
}

void FakeHypervisor::grant(xc::DomId domid, const std::string& what, bool yes) {
  Domain& domain = find("xc_domain_pci", domid);
  if (yes) {
    domain.granted.insert(what);
  } else if (domain.granted.erase(what) == 0) {
    throw xc::Error("xc_domain_pci", EINVAL, "the domain does not have " + what);
  }
}

}  // namespace fakes
