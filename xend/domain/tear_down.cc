#include "xend/domain/tear_down.h"

#include "xend/devices/vif.h"
#include "xend/domain/at_rest.h"
#include "xend/domain/last_words.h"
#include "xend/domain/pci_grant.h"
#include "xend/domain/store_layout.h"
#include "xend/log.h"

namespace xend {

namespace {

template <typename Step>
void attempt(const DomainState& domain, const char* what, Step&& step) noexcept {
  try {
    step();
  } catch (const std::exception& e) {
    XEND_LOG(Error, "{} of domain {} ({}) failed: {}", what, domain.config.name, domain.domid.value_or(0), e.what());
  }
}

}  // namespace

void tear_down(Host& host, const std::shared_ptr<Domain>& domain, const std::shared_ptr<Domain>& successor) noexcept {
  // A device that is just being connected would come back behind our backs: its connecting has limits of its own.
  if (const auto connecting = domain->connecting(); connecting.valid()) connecting.wait();
  const auto state = domain->state();
  if (state.domid) {
    const auto domid = *state.domid;
    attempt(state, "Pausing", [&] {
      if (host.xen.domain(domid)) host.xen.pause(domid);
    });
    attempt(state, "Resetting the PCI devices", [&] {
      // Those of a domain that has ended unseen may be somebody else's by now.
      if (!host.xen.domain(domid)) return;
      for (const auto& function : pci_functions(state.config)) host.pci.reset(function.address);
    });
    for (const auto& device : state.config.devices)
      if (state.device_model.pid != 0 && is_emulated_card(device))
        host.devices.release_tap(domain->device_owner(), device);
    host.device_models.stop(domid);
    attempt(state, "Destroying", [&] {
      const auto info = host.xen.domain(domid);
      if (info && info->shutdown && info->reason != xc::ShutdownReason::kSuspend) await_last_words(host.xen, state);
      if (info) host.xen.destroy(domid);
    });
    host.devices.release_all(domain->device_owner());
    attempt(state, "Removing the xenstore nodes", [&] {
      host.store.transaction([&](xc::Store& t) {
        t.remove(domain_path(domid));
        if (!state.vm_path.empty()) t.remove(state.vm_path);
        t.remove("/libxl/" + std::to_string(domid));
      });
    });
    host.running_state.forget(domid);
  }
  if (successor)
    host.domains.replace(domain, successor);
  else if (state.managed)
    host.domains.replace(domain, at_rest(host, state.config));
  else
    host.domains.erase(domain);
}

}  // namespace xend
