// What a guest needs of the host that it is to go to and what its configuration does not say: told with the offer of a
// handover, so that the destination can refuse before the guest notices anything (preflight.h).
//
//   (needs (memory_kib 135168) (xen 4 17)
//          (cpu (basic_max 13) (feature_max 1) (extended_max 2147483656)) (features 178bfbff fffa3203 ...))
#pragma once

#include <optional>

#include "libxc-wrap/cpu_policy.h"
#include "libxc-wrap/types.h"
#include "sxp/value.h"

namespace xend {

class Domain;
struct Host;

struct HandoverNeeds {
  xc::KiB memory;  // all that Xen has to have free for it
  unsigned xen_major = 0, xen_minor = 0;
  std::optional<xc::CpuPolicy> cpu{};  // what it has seen of the CPU; nothing: its host could not tell
  // The source's external-migration-tool may bring what its devices need, as late as when the guest is suspended.
  bool devices_follow = false;

  sxp::Value to_sxp() const;
  // Strict with what it knows, and leaves out what it does not. Throws Error that names what is wrong.
  static HandoverNeeds parse(const sxp::Value& element);
  bool operator==(const HandoverNeeds&) const = default;
};

// What a running domain needs. What cannot be found out is logged: it moves all the same. Throws xc::Error.
HandoverNeeds needs_of(Host& host, const Domain& domain);

}  // namespace xend
