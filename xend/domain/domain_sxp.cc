#include "xend/domain/domain_sxp.h"

#include "xend/domain/cpuid_config.h"
#include "xend/domain/image_keys.h"

namespace xend {

namespace {

sxp::Value pair(const char* key, sxp::Value value) {
  return sxp::Value::list({key, std::move(value)});
}

sxp::Value cpus_value(const DomainConfig& config) {
  sxp::List per_vcpu;
  for (unsigned i = 0; i < config.vcpus; ++i) {
    sxp::List cpus;
    if (i < config.cpus.size())
      for (const auto cpu : config.cpus[i]) cpus.emplace_back(cpu);
    per_vcpu.emplace_back(std::move(cpus));
  }
  return per_vcpu;
}

// As it fits a signed number: from the 63rd vcpu on it says nothing.
std::uint64_t vcpu_mask(const DomainConfig& config) {
  return config.vcpu_avail & (config.vcpus >= 63 ? ~0ull >> 1 : (1ull << config.vcpus) - 1);
}

// The elements 2 to 5 of spec protocols 7.2, in the order in which the classic list printed them.
void add_settings(sxp::List& out, const DomainState& domain, const std::optional<xc::DomainInfo>& info,
                  bool vcpu_avail) {
  const auto& c = domain.config;
  out.push_back(pair("cpu_weight", c.cpu_weight));
  out.push_back(pair("cpu_cap", c.cpu_cap));
  out.push_back(pair("pool_name", c.pool_name));
  out.push_back(pair("bootloader", c.bootloader));
  out.push_back(pair("vcpus", c.vcpus));
  out.push_back(pair("cpus", cpus_value(c)));
  out.push_back(pair("on_poweroff", to_string(c.on_poweroff)));
  out.push_back(pair("description", c.description));
  out.push_back(pair("on_crash", to_string(c.on_crash)));
  out.push_back(pair("uuid", c.uuid.to_string()));
  out.push_back(pair("bootloader_args", c.bootloader_args));
  out.push_back(pair("name", domain.name));
  out.push_back(pair("on_reboot", to_string(c.on_reboot)));
  // Not a classic key: shown only where it says something.
  if (c.on_watchdog != Action::kDestroy) out.push_back(pair("on_watchdog", to_string(c.on_watchdog)));
  out.push_back(pair("maxmem", c.maxmem.value));
  out.push_back(pair("memory", c.memory.value));
  out.push_back(pair("shadow_memory", c.shadow_memory.value));
  if (vcpu_avail) out.push_back(pair("vcpu_avail", vcpu_mask(c)));
  out.push_back(pair("features", c.features));
  out.push_back(pair("on_xend_start", c.on_xend_start));
  out.push_back(pair("on_xend_stop", c.on_xend_stop));
  if (domain.start_time > 0) out.push_back(pair("start_time", domain.start_time));
  if (info) {
    out.push_back(pair("cpu_time", static_cast<double>(info->cpu_time_ns) / 1e9));
    out.push_back(pair("online_vcpus", info->online_vcpus));
  }
}

}  // namespace

PowerState power_state(const std::optional<xc::DomainInfo>& info) {
  if (!info || info->dying) return PowerState::kHalted;
  if (info->shutdown) return info->reason == xc::ShutdownReason::kCrash ? PowerState::kCrashed : PowerState::kHalted;
  return info->paused ? PowerState::kPaused : PowerState::kRunning;
}

std::string state_text(const xc::DomainInfo& info) {
  const bool crashed = info.shutdown && info.reason == xc::ShutdownReason::kCrash;
  std::string text = "------";
  if (info.running) text[0] = 'r';
  if (info.blocked) text[1] = 'b';
  if (info.paused) text[2] = 'p';
  if (info.shutdown && !crashed) text[3] = 's';
  if (crashed) text[4] = 'c';
  if (info.dying) text[5] = 'd';
  return text;
}

sxp::Value domain_sxp(const DomainState& domain, const std::optional<xc::DomainInfo>& info, const SxpParts& parts,
                      const std::optional<sxp::List>& device_elements) {
  sxp::List out{"domain"};
  if (domain.domid) out.push_back(pair("domid", *domain.domid));
  add_settings(out, domain, info, parts.vcpu_avail);
  if (!domain.config.security_label.empty()) out.push_back(pair("security_label", domain.config.security_label));
  out.push_back(image_sxp(domain.config.image));
  out.push_back(pair("status", static_cast<int>(parts.suspended ? PowerState::kSuspended : power_state(info))));
  if (info) out.push_back(pair("state", state_text(*info)));
  if (domain.store_frame) out.push_back(pair("store_mfn", domain.store_frame));
  if (domain.console_frame) out.push_back(pair("console_mfn", domain.console_frame));
  if (parts.devices) {
    if (device_elements) {
      for (const auto& element : *device_elements) out.push_back(pair("device", element));
    } else {
      for (const auto& device : domain.config.devices) out.push_back(pair("device", device.config));
    }
  }
  if (!domain.config.cpuid.empty()) out.push_back(cpuid_sxp(domain.config.cpuid));
  return out;
}

}  // namespace xend
