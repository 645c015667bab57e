// A domain as `(domain ...)`: what listings, images and the daemon's own files carry (spec protocols 7.2).
#pragma once

#include <optional>

#include "libxc-wrap/hypervisor.h"
#include "sxp/value.h"
#include "xend/domain/domain.h"

namespace xend {

// State numbers of spec domain-lifecycle section 3.
enum class PowerState {
  kHalted = 0,
  kPaused = 1,
  kRunning = 2,
  kSuspended = 3,
  kShutdown = 4,
  kCrashed = 5,
  kUnknown = 6
};

PowerState power_state(const std::optional<xc::DomainInfo>& info);

// Six letters, "r-----": running, blocked, paused, shutdown, crashed, dying.
std::string state_text(const xc::DomainInfo& info);

struct SxpParts {
  bool devices = false;
  bool suspended = false;   // it is at rest, and has an image to go on from
  bool vcpu_avail = false;  // over XML-RPC it is left out: it does not fit 32 bits (spec protocols 3.2)
};

// `info` is what Xen says of it now; nothing when Xen no longer has it. `device_elements` stand in for the configured
// ones when given (those of a running domain, with their backends).
sxp::Value domain_sxp(const DomainState& domain, const std::optional<xc::DomainInfo>& info, const SxpParts& parts,
                      const std::optional<sxp::List>& device_elements = std::nullopt);

}  // namespace xend
