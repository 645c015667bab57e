// Loads a kernel into an empty PV or PVH domain, or the firmware into an HVM one, and sets its first vcpu to start
// there. Runs in xc_build: the library reads what the guest's owner supplied, and aborts the process on some mistakes.
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "libxc-wrap/handle.h"
#include "libxc-wrap/hvm_machine.h"
#include "libxc-wrap/types.h"

namespace xc {

struct BuildOrder {
  DomId domid = 0;
  GuestType type = GuestType::kPv;
  std::span<const std::byte> kernel;  // an ELF file (KernelImage), hvmloader for HVM; must outlive build_domain
  std::string ramdisk;                // a path; empty: none
  std::string cmdline, features;      // features: of PV kernels, as in the guest's configuration
  MiB memory;                         // the domain's maximum must be at least 1 MiB more
  MiB maximum;                        // PVH, HVM: what is above `memory` is populated on demand; 0: as `memory`
  unsigned vcpus = 1;                 // as many as the domain was created with
  Port store_port = 0, console_port = 0;
  HvmMachine hvm;  // HVM only
};

struct BuiltDomain {
  Frame store_frame = 0, console_frame = 0;  // what xenstored and xenconsoled are told
  std::string guest_type;                    // Xen's name, "xen-3.0-x86_64" for example
};

// The domain exists, has its vcpus, event channels, paging pool and CPUID policy (spec modern-xen 26.2), and no memory.
// Throws Error; the domain is then half built and fit only for being destroyed.
BuiltDomain build_domain(Handle& handle, const BuildOrder& order);

// Throws Error unless domain `domid` exists, is of the right type and has at least one vcpu allocated. Building or
// restoring into an HVM container without vcpus makes the hypervisor itself panic (spec modern-xen 24, pitfall 2).
void require_vcpus(Handle& handle, DomId domid, GuestType type);

}  // namespace xc
