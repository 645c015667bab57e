#include "xend/helpers/orphaned_guest.h"

#include <memory>
#include <string>

namespace xend {
namespace {

enum class State { kGone, kRunning, kSuspended };

State state_of(xc::Hypervisor& hypervisor, xc::DomId domid) {
  const std::optional<xc::DomainInfo> info = hypervisor.domain(domid);
  if (!info || info->dying) return State::kGone;
  if (!info->shutdown) return State::kRunning;
  return info->reason == xc::ShutdownReason::kSuspend ? State::kSuspended : State::kGone;
}

// False when the guest has taken the request: it empties the node before it does what is asked. In a transaction,
// because it reads and empties it in one too.
bool withdraw_request(xc::Store& store, xc::DomId domid) {
  bool withdrawn = false;
  store.transaction([&](xc::Store& inside) {
    const std::string node = "/local/domain/" + std::to_string(domid) + "/control/shutdown";
    withdrawn = inside.read(node) == "suspend";
    if (withdrawn) inside.write(node, "");
  });
  return withdrawn;
}

}  // namespace

void let_orphan_go_on(xc::Hypervisor& hypervisor, xc::Store& store, xc::DomId domid, xc::Deadline deadline) {
  const std::unique_ptr<xc::Watch> released = store.watch();
  released->add("@releaseDomain", "release");
  if (state_of(hypervisor, domid) == State::kRunning && withdraw_request(store, domid)) return;
  // Each event, the one that adding the watch brings included, is a reason to look again.
  while (state_of(hypervisor, domid) == State::kRunning) {
    if (!released->wait(deadline)) return;
  }
  if (state_of(hypervisor, domid) != State::kSuspended) return;
  hypervisor.resume(domid);
  store.resume_domain(domid);
}

}  // namespace xend
