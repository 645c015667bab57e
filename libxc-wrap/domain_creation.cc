#include "libxc-wrap/domain_creation.h"

#include <algorithm>

namespace xc {

std::string missing_support(GuestType type, const xc_physinfo_t& host) {
  if (type == GuestType::kPv)
    return (host.capabilities & XEN_SYSCTL_PHYSCAP_pv) != 0 ? "" : "this hypervisor is built without PV guests";
  if ((host.capabilities & XEN_SYSCTL_PHYSCAP_hvm) == 0)
    return "this host cannot run HVM or PVH guests: the CPU has no hardware virtualisation, or the firmware disables "
           "it";
  if ((host.capabilities & (XEN_SYSCTL_PHYSCAP_hap | XEN_SYSCTL_PHYSCAP_shadow)) == 0)
    return "this host has neither nested paging nor shadow paging, one of which HVM and PVH guests need";
  return "";
}

xen_domctl_createdomain creation(const NewDomain& domain, const xc_physinfo_t& host) {
  xen_domctl_createdomain create{};
  create.ssidref = domain.ssidref;
  std::copy(domain.handle.bytes().begin(), domain.handle.bytes().end(), create.handle);
  if (domain.type != GuestType::kPv) {
    create.flags = XEN_DOMCTL_CDF_hvm;
    if ((host.capabilities & XEN_SYSCTL_PHYSCAP_hap) != 0) create.flags |= XEN_DOMCTL_CDF_hap;
  }
  if (domain.nested) create.flags |= XEN_DOMCTL_CDF_nested_virt;
  if (domain.iommu) create.flags |= XEN_DOMCTL_CDF_iommu;
  create.max_vcpus = domain.max_vcpus;
  create.max_evtchn_port = 1023;
  create.max_grant_frames = -1;  // the hypervisor's default: a number above its limit would be EINVAL
  create.max_maptrack_frames = -1;
  create.grant_opts = XEN_DOMCTL_GRANT_version((host.capabilities & XEN_SYSCTL_PHYSCAP_gnttab_v2) != 0 ? 2 : 1);
  create.cpupool_id = domain.cpupool;
  if (domain.type == GuestType::kPvh) create.arch.emulation_flags = XEN_X86_EMU_LAPIC;
  if (domain.type == GuestType::kHvm) create.arch.emulation_flags = XEN_X86_EMU_ALL & ~XEN_X86_EMU_VPCI;
  return create;
}

std::vector<HvmParam> hvm_params(const MachineParams& machine) {
  if (machine.type == GuestType::kPvh) {
    return {{HVM_PARAM_TIMER_MODE, HVMPTM_no_delay_for_missed_ticks, "xc_hvm_param_set(TIMER_MODE)"},
            {HVM_PARAM_ALTP2M, XEN_ALTP2M_disabled, "xc_hvm_param_set(ALTP2M)"}};
  }
  std::vector<HvmParam> params = {{HVM_PARAM_TIMER_MODE, machine.timer_mode, "xc_hvm_param_set(TIMER_MODE)"},
                                  {HVM_PARAM_HPET_ENABLED, machine.hpet, "xc_hvm_param_set(HPET_ENABLED)"},
                                  {HVM_PARAM_VPT_ALIGN, machine.vpt_align, "xc_hvm_param_set(VPT_ALIGN)"}};
  // Xen takes 0 for a mistake.
  if (machine.viridian != 0) params.push_back({HVM_PARAM_VIRIDIAN, machine.viridian, "xc_hvm_param_set(VIRIDIAN)"});
  return params;
}

}  // namespace xc
