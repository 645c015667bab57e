#include "xend/api/listing.h"

#include <functional>

#include "xend/domain/departure.h"
#include "xend/domain/image_keys.h"
#include "xend/error.h"

namespace xend {

namespace {

PowerState state_at_rest(const Host& host, const DomainState& domain) {
  return host.managed.has_checkpoint(domain.config.uuid) ? PowerState::kSuspended : PowerState::kHalted;
}

}  // namespace

std::vector<ListedDomain> list_domains(Host& host) {
  std::map<xc::DomId, xc::DomainInfo> infos;
  for (auto& info : host.xen.domains()) infos.emplace(info.domid, std::move(info));
  std::vector<ListedDomain> listed;
  for (auto& domain : host.domains.all()) {
    const auto state = domain->state();
    if (state.dormant) {
      listed.push_back({std::move(domain), std::nullopt, state_at_rest(host, state)});
      continue;
    }
    if (!state.domid) continue;  // it is only being made: Xen does not have it yet
    const auto info = infos.find(*state.domid);
    if (info != infos.end()) listed.push_back({std::move(domain), info->second, power_state(info->second)});
  }
  return listed;
}

ListedDomain list_domain(Host& host, const std::shared_ptr<Domain>& domain) {
  const auto state = domain->state();
  if (state.dormant) return {domain, std::nullopt, state_at_rest(host, state)};
  const auto info = state.domid ? host.xen.domain(*state.domid) : std::nullopt;
  return {domain, info, power_state(info)};
}

namespace {

// What counts on this host where the configuration leaves it to the daemon (spec protocols 7.4). Programs that are
// missing are not shown.
void show_choices_of_host(const Host& host, DomainConfig& config) {
  ImageConfig& image = config.image;
  const auto add = [&](const char* key, const std::function<std::string()>& value) {
    if (!image.platform_value(key).value_or("").empty()) return;
    try {
      const std::string text = value();
      if (text.empty()) return;
      std::erase_if(image.platform, [&](const auto& item) { return item.first == key; });
      image.platform.emplace_back(key, text);
    } catch (const Error&) {
    }
  };
  add("loader", [&] { return host.programs.hvmloader(Programs::is_hvmloader(image.kernel) ? image.kernel : ""); });
  add("device_model", [&] { return host.programs.device_model(""); });
  add("keymap", [&] { return host.options.get()->keymap.value_or(""); });
  complete_image(image, config.type);
}

// With what counts at this moment.
DomainState state_now(Host& host, const ListedDomain& listed) {
  auto state = listed.domain->state();
  if (listed.info) state.config.pool_name = host.pools->name_of(listed.info->cpupool);
  // Of these the daemon knows no configuration: what they have now stands for it.
  if ((state.foreign || state.domid == xc::DomId{0}) && listed.info) {
    state.config.memory.value = listed.info->memory.value / 1024;
    state.config.vcpus = listed.info->max_vcpu_id + 1;
  }
  return state;
}

}  // namespace

sxp::Value table_sxp(Host& host, const ListedDomain& listed) {
  const auto state = state_now(host, listed);
  const auto pair = [](const char* key, sxp::Value value) { return sxp::Value::list({key, std::move(value)}); };
  sxp::List out{"domain"};
  if (state.domid) out.push_back(pair("domid", *state.domid));
  out.push_back(pair("pool_name", state.config.pool_name));
  out.push_back(pair("vcpus", state.config.vcpus));
  out.push_back(pair("name", state.name));
  out.push_back(pair("memory", state.config.memory.value));
  if (state.start_time > 0) out.push_back(pair("start_time", state.start_time));
  if (listed.info) {
    out.push_back(pair("cpu_time", static_cast<double>(listed.info->cpu_time_ns) / 1e9));
    out.push_back(pair("online_vcpus", listed.info->online_vcpus));
    out.push_back(pair("state", state_text(*listed.info)));
  }
  return out;
}

sxp::Value listed_sxp(Host& host, const ListedDomain& listed, bool full, bool vcpu_avail) {
  auto state = state_now(host, listed);
  if (state.config.type == xc::GuestType::kHvm && !state.foreign) show_choices_of_host(host, state.config);
  std::optional<sxp::List> devices;
  if (full && listed.info && !state.foreign) devices = device_elements(host, *listed.domain);
  const bool suspended = listed.state == PowerState::kSuspended;
  return domain_sxp(state, listed.info, {.devices = full, .suspended = suspended, .vcpu_avail = vcpu_avail}, devices);
}

}  // namespace xend
