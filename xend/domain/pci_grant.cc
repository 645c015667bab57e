#include "xend/domain/pci_grant.h"

#include <algorithm>
#include <cerrno>

#include "xend/devices/device_nodes.h"
#include "xend/devices/pci_reconfiguration.h"
#include "xend/error.h"
#include "xend/log.h"

namespace xend {
namespace {

void check_guest(const DomainConfig& config) {
  if (config.type == xc::GuestType::kPv) return;
  throw Error(
      fmt::format("pci: {} is {} guest; PCI devices can be given to PV guests (type = \"pv\") only in this release.",
                  config.name, config.type == xc::GuestType::kHvm ? "an HVM" : "a PVH"));
}

[[noreturn]] void refuse_assigned(const PciAddress& device, const std::string& other) {
  throw Error(fmt::format("failed to assign device {} that has already been assigned to other domain.{}", device.text(),
                          other.empty() ? "" : fmt::format("\nDomain {} has it.", other)));
}

bool among(const PciAddress& device, const std::vector<PciFunction>& functions) {
  return std::any_of(functions.begin(), functions.end(), [&](const PciFunction& f) { return f.address == device; });
}

void check_other_domains(Host& host, const PciAddress& device, const Domain* owner) {
  for (const auto& other : host.domains.all())
    if (other.get() != owner && among(device, pci_functions(other->state().config)))
      refuse_assigned(device, other->name());
}

// Domains of other toolstacks are not in the table with their devices. Nodes of a domain that has ended do not count.
void check_store(Host& host, const PciAddress& device, const Domain* owner) {
  const std::string backends = "/local/domain/0/backend/pci";
  for (const std::string& name : host.store.list(backends)) {
    const auto domid = parse_id(name);
    if (!domid || !host.xen.domain(*domid) || (owner != nullptr && owner->domid() == *domid)) continue;
    for (const std::string& id : host.store.list(fmt::format("{}/{}", backends, name))) {
      if (!parse_id(id)) continue;
      const DevicePaths paths(*domid, "", "pci", "pci", *parse_id(id));
      if (among(device, read_pci_functions(host.store, paths))) refuse_assigned(device, name);
    }
  }
}

// Xen knows best, where it keeps devices apart.
void check_xen(Host& host, const PciAddress& device) {
  try {
    host.xen.test_assign_device(device.number());
  } catch (const xc::Error& e) {
    if (e.error() == EINVAL) refuse_assigned(device, "");  // or Xen has not heard of it, which is no different error
    throw Error(fmt::format("pci: device {} cannot be assigned to a domain: {}", device.text(), e.what()));
  }
}

}  // namespace

std::vector<PciFunction> pci_functions(const DomainConfig& config) {
  const auto found =
      std::find_if(config.devices.begin(), config.devices.end(), [](const Device& d) { return d.type == "pci"; });
  return found == config.devices.end() ? std::vector<PciFunction>() : parse_pci(found->config);
}

void check_pci(Host& host, const DomainConfig& config, const std::vector<PciFunction>& functions, const Domain* owner) {
  if (functions.empty()) return;
  check_guest(config);
  const bool iommu = host.xen.host_info().iommu;
  for (const PciFunction& function : functions) {
    const PciAddress& device = function.address;
    host.pci.check(device);
    if (host.pci.driver(device) != "pciback")
      throw Error(
          fmt::format("pci: device {} is held by pci-stub; a PV guest gets its devices through pciback.\nMove "
                      "it there: `xl pci-assignable-add {}`.",
                      device.text(), device.text()));
    check_other_domains(host, device, owner);
    check_store(host, device, owner);
    if (iommu) check_xen(host, device);
  }
}

PciGrant::PciGrant(Host& host, const Domain& domain, const std::vector<PciFunction>& others)
    : host_(host), domid_(domain.running_domid()), name_(domain.name()) {
  for (const PciFunction& other : others) {
    try {
      PciResources theirs = host.pci.resources(other.address);
      leave_out_shared(theirs);
    } catch (const Error& e) {
      XEND_LOG(Warning, "Domain {} ({}): {}", name_, domid_, e.what());
    }
  }
}

PciGrant::~PciGrant() {
  for (; !undo_.empty(); undo_.pop_back()) {
    try {
      undo_.back()();
    } catch (const std::exception& e) {
      XEND_LOG(Warning, "Domain {} ({}): something of a PCI device could not be taken back: {}", name_, domid_,
               e.what());
    }
  }
}

void PciGrant::give(const PciAddress& device) {
  try {
    go_through(device, false);
  } catch (const xc::Error& e) {
    throw Error(fmt::format("pci: device {} could not be given to domain {}: {}", device.text(), name_, e.what()));
  }
  XEND_LOG(Info, "PCI device {} given to domain {} ({}).", device.text(), name_, domid_);
}

void PciGrant::take_over(const PciAddress& device) {
  try {
    go_through(device, true);
  } catch (const std::exception& e) {
    XEND_LOG(Warning, "Domain {} ({}): {}", name_, domid_, e.what());
  }
}

void PciGrant::step(bool done_before, const Step& step, Step undo) {
  if (!done_before) step();
  undo_.push_back(std::move(undo));
}

void PciGrant::go_through(const PciAddress& device, bool done_before) {
  assign(device, done_before);
  // Not before the guest can no longer reach it, not after somebody else may.
  step(
      done_before, [] {}, [this, device] { host_.pci.reset(device); });
  permit(host_.pci.resources(device), done_before);
}

void PciGrant::assign(const PciAddress& device, bool done_before) {
  if (!host_.xen.host_info().iommu) {
    if (!done_before)
      XEND_LOG(Warning,
               "This host has no IOMMU: through PCI device {}, domain {} ({}) can read and write all of its memory.",
               device.text(), name_, domid_);
    return;
  }
  const auto assign = [&] {
    try {
      host_.xen.assign_device(domid_, device.number());
    } catch (const xc::Error& e) {
      if (e.error() == EBUSY) refuse_assigned(device, "");
      if (e.error() != EOPNOTSUPP) throw;
      throw Error(
          fmt::format("pci: device {} could not be given to domain {}: it was started without PCI devices, and Xen "
                      "keeps those of such domains out of its IOMMU.\nPut the device into the domain's configuration "
                      "(pci = ['{}']) and start the domain again.",
                      device.text(), name_, device.text()));
    }
  };
  step(done_before, assign, [this, device] { host_.xen.deassign_device(domid_, device.number()); });
}

// Takes from `resources` what is held, and holds the rest.
void PciGrant::leave_out_shared(PciResources& resources) {
  const auto hold = [](auto& held, const auto& one) {
    if (std::find(held.begin(), held.end(), one) != held.end()) return true;
    held.push_back(one);
    return false;
  };
  std::erase_if(resources.frames, [&](const auto& range) { return hold(held_frames_, range); });
  std::erase_if(resources.ports, [&](const auto& range) { return hold(held_ports_, range); });
  if (hold(held_interrupts_, resources.interrupt)) resources.interrupt = 0;
}

void PciGrant::permit(PciResources resources, bool done_before) {
  leave_out_shared(resources);
  for (const auto& range : resources.frames) {
    const auto memory = [this, range](bool yes) { host_.xen.permit_memory(domid_, range.first, range.count, yes); };
    step(
        done_before, [&] { memory(true); }, [memory] { memory(false); });
  }
  for (const auto& range : resources.ports) {
    const auto ports = [this, range](bool yes) {
      host_.xen.permit_ports(domid_, static_cast<unsigned>(range.first), static_cast<unsigned>(range.count), yes);
    };
    step(
        done_before, [&] { ports(true); }, [ports] { ports(false); });
  }
  const int number = resources.interrupt;
  if (number <= 0) return;
  step(
      done_before, [&] { host_.xen.map_interrupt(domid_, number); },
      [this, number] { host_.xen.unmap_interrupt(domid_, number); });
  step(
      done_before, [&] { host_.xen.permit_interrupt(domid_, number, true); },
      [this, number] { host_.xen.permit_interrupt(domid_, number, false); });
}

}  // namespace xend
