// `cpuid` and `cpuid_check`: what CPUID is to answer, and what it must answer, as a mapping in the form in which the
// original printed it (spec guest-config 5.10).
#pragma once

#include <string>

#include "sxp/value.h"
#include "xm/guest_config/variables.h"

namespace xm::guest_config {

// The value of the element `name`, "cpuid" or "cpuid_check"; the list as it is when `cpuid` is empty, as the original
// had it. Throws xm::Error (class DIE) for registers that do not parse.
sxp::Value cpuid_config(const Settings& settings, const std::string& name);

}  // namespace xm::guest_config
