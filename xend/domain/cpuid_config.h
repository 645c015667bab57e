// The element (cpuid ...) of a domain's SXP, in all the forms in which clients have it (spec protocols 7.1, 7.2,
// guest-config 5.10).
#pragma once

#include "libxc-wrap/cpuid.h"
#include "sxp/value.h"

namespace xend {

// `value` is what stands behind the key: ((LEAF ((REGISTER BITS) ...)) ...), or a text with the same as Python prints a
// dictionary of dictionaries: {'LEAF': {'REGISTER': 'BITS'}}. LEAF is "1" or "4,0", decimal or with 0x; REGISTER is
// eax, ebx, ecx or edx; BITS 32 characters of 0 1 x k s, or a number with 0x. Throws Error for anything else.
xc::CpuidPolicy parse_cpuid(const sxp::Value& value);

// The whole element (cpuid ((LEAF ((REGISTER BITS) ...)) ...)).
sxp::Value cpuid_sxp(const xc::CpuidPolicy& policy);

}  // namespace xend
