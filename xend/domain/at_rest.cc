#include "xend/domain/at_rest.h"

#include <utility>

#include "xend/error.h"
#include "xend/log.h"

namespace xend {

DomainConfig to_be_started(DomainConfig config) {
  std::vector<sxp::Value> elements;
  for (const auto& device : config.devices) elements.push_back(device.config);
  elements.insert(elements.end(), config.device_elements.begin(), config.device_elements.end());
  config.devices.clear();
  config.device_elements = std::move(elements);
  return config;
}

std::shared_ptr<Domain> at_rest(const Host& host, DomainConfig config) {
  config = to_be_started(std::move(config));
  config.image.notes.clear();
  std::vector<sxp::Value> unknown;
  for (const auto& element : config.device_elements) {
    try {
      config.devices.push_back(host.devices.complete(element, config.devices, config.type));
    } catch (const Error& e) {
      XEND_LOG(Warning, "Domain {} cannot be started with its device {}: {}", config.name, sxp::head(element),
               e.what());
      unknown.push_back(element);
    }
  }
  config.device_elements = std::move(unknown);
  DomainState state;
  state.config = std::move(config);
  state.managed = state.dormant = true;
  return std::make_shared<Domain>(std::move(state));
}

void change_at_rest(Host& host, const std::shared_ptr<Domain>& domain,
                    const std::function<void(DomainConfig&)>& change) {
  const auto operation = domain->begin_in_turn("changed");
  auto config = domain->state().config;
  // From here on nobody can start or delete it; somebody may have just before.
  if (host.domains.find(config.uuid.to_string()) != domain)
    throw Error(fmt::format("Domain {} has just been started or deleted. Nothing was changed.", config.name));
  change(config);
  host.managed.save(config);
  domain->update([&](DomainState& s) { s.config = config; });
  XEND_LOG(Info, "The configuration of domain {}, which does not run, was changed.", config.name);
}

}  // namespace xend
