#include "xend/domain/device_model_start.h"

#include "xend/domain/device_model.h"

namespace xend {

bool start_device_model(Host& host, Domain& domain, const std::string& state) {
  const auto known = domain.state();
  const auto plan = plan_device_model(known.config, *known.domid, *host.options.get(), host.programs);
  if (!plan) return false;
  const auto note = [&](const DeviceModelProcess& process) {
    domain.update([&](DomainState& s) { s.device_model = process; });
    host.running_state.remember(domain.state());
  };
  try {
    host.device_models.start(*plan, state, note);
  } catch (...) {
    note({});
    throw;
  }
  return true;
}

}  // namespace xend
