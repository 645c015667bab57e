#include "xend/api/listing.h"

#include "xend/domain/departure.h"

namespace xend {

std::vector<ListedDomain> list_domains(Host& host) {
  std::map<xc::DomId, xc::DomainInfo> infos;
  for (auto& info : host.xen.domains()) infos.emplace(info.domid, std::move(info));
  std::vector<ListedDomain> listed;
  for (auto& domain : host.domains.all()) {
    const auto domid = domain->domid();
    if (!domid) continue;  // it is only being made: Xen does not have it yet
    const auto info = infos.find(*domid);
    if (info != infos.end()) listed.push_back({std::move(domain), info->second});
  }
  return listed;
}

ListedDomain list_domain(Host& host, const std::shared_ptr<Domain>& domain) {
  const auto domid = domain->domid();
  return {domain, domid ? host.xen.domain(*domid) : std::nullopt};
}

sxp::Value listed_sxp(Host& host, const ListedDomain& listed, bool full) {
  auto state = listed.domain->state();
  // Of these the daemon knows no configuration: what they have now stands for it.
  if ((state.foreign || state.domid == xc::DomId{0}) && listed.info) {
    state.config.memory.value = listed.info->memory.value / 1024;
    state.config.vcpus = listed.info->max_vcpu_id + 1;
  }
  std::optional<sxp::List> devices;
  if (full && listed.info && !state.foreign) devices = device_elements(host, *listed.domain);
  return domain_sxp(state, listed.info, {.devices = full, .vcpu_avail = false}, devices);
}

}  // namespace xend
