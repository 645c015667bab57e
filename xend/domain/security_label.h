// The security label of a domain: as configurations have it, and what Xen's module FLASK makes of it. Labels of ACM,
// which is gone from Xen since 4.2, are kept and have no effect, as ever since.
#pragma once

#include <cstdint>
#include <string>

#include "libxc-wrap/hypervisor.h"
#include "sxp/value.h"

namespace xend {

// The label in a configuration, as (security_label LABEL) or in the words of xm, (security ((access_control (policy
// POLICY) (label LABEL)))): a policy with a name is one of ACM, and the label then ACM:POLICY:LABEL. "" when there is
// none.
std::string parse_security_label(const sxp::Value& config);

// The number of `label` for xc::NewDomain::ssidref. Without a label, what xl takes: the policy's context for guests,
// where it has that, else 0. 0 without FLASK. Throws Error: there is a label, and no FLASK or no such context. `name`:
// of the domain, for messages.
std::uint32_t security_sid(xc::Hypervisor& xen, const std::string& label, const std::string& name);

}  // namespace xend
