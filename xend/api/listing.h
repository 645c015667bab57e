// What clients see of domains: their SXP with what Xen says of them now (spec protocols 3.4, 7.2).
#pragma once

#include <map>
#include <memory>
#include <vector>

#include "xend/domain/domain_sxp.h"
#include "xend/domain/host.h"

namespace xend {

// A domain and what Xen says of it, if it has it.
struct ListedDomain {
  std::shared_ptr<Domain> domain;
  std::optional<xc::DomainInfo> info;
  PowerState state = PowerState::kHalted;
};

// All domains sorted by name, managed ones that do not run among them: one call to Xen, none to xenstore.
std::vector<ListedDomain> list_domains(Host& host);

ListedDomain list_domain(Host& host, const std::shared_ptr<Domain>& domain);

// `(domain ...)` for a client; `full`: with devices, read from xenstore for a running one. `vcpu_avail`: with that
// number, for clients that can take one of more than 32 bits.
sxp::Value listed_sxp(Host& host, const ListedDomain& listed, bool full, bool vcpu_avail = false);

// The few of these that a table of many domains shows.
sxp::Value table_sxp(Host& host, const ListedDomain& listed);

}  // namespace xend
