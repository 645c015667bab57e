#include "xend/relocation/handover_needs.h"

#include <algorithm>
#include <charconv>
#include <string>

#include "xend/domain/host.h"
#include "xend/domain/memory_need.h"
#include "xend/error.h"
#include "xend/log.h"

namespace xend {

namespace {

constexpr std::uint64_t kMostMemory = std::uint64_t{1} << 40;  // KiB: a thousand times what Xen can address
constexpr std::uint64_t kHighestVersion = 0xffff;              // Xen's own limit
constexpr std::uint64_t kWord = 0xffffffff;
constexpr std::size_t kMostWords = 64;  // of features: Xen 4.17 has 19

std::uint64_t number(const sxp::Value* value, const char* what, std::uint64_t most, int base = 10) {
  const std::string text = value && !value->is_list() ? value->text() : "";
  std::uint64_t parsed = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), parsed, base);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size() || parsed > most)
    throw Error(fmt::format("The offer of a handover has needs whose {} is no number up to {}.", what, most));
  return parsed;
}

std::uint32_t word(const sxp::Value& element, const char* name) {
  return static_cast<std::uint32_t>(number(sxp::child_value(element, name), name, kWord));
}

xc::CpuPolicy parse_cpu(const sxp::Value& limits, const sxp::List& features) {
  if (features.size() > kMostWords)
    throw Error(fmt::format("The offer of a handover has needs with {} words of CPU features: {} is the most.",
                            features.size(), kMostWords));
  xc::CpuPolicy cpu;
  cpu.basic_max = word(limits, "basic_max");
  cpu.feature_max = word(limits, "feature_max");
  cpu.extended_max = word(limits, "extended_max");
  for (const sxp::Value& feature : features)
    cpu.features.push_back(static_cast<std::uint32_t>(number(&feature, "CPU feature", kWord, 16)));
  return cpu;
}

std::optional<xc::CpuPolicy> seen_by(Host& host, const Domain& domain) {
  const auto domid = domain.running_domid();
  try {
    return host.xen.cpu_policy(domid);
  } catch (const xc::Error& e) {
    XEND_LOG(Warning,
             "Domain {} ({}) moves without all being known about it: which CPU features it has seen could not be found "
             "out. {}",
             domain.state().config.name, domid, e.what());
    return std::nullopt;
  }
}

}  // namespace

sxp::Value HandoverNeeds::to_sxp() const {
  auto needs = sxp::Value::list(
      {"needs", sxp::Value::list({"memory_kib", memory.value}), sxp::Value::list({"xen", xen_major, xen_minor})});
  if (devices_follow) needs.as_list().push_back(sxp::Value::list({"devices_follow", 1}));
  if (!cpu) return needs;
  needs.as_list().push_back(sxp::Value::list({"cpu", sxp::Value::list({"basic_max", cpu->basic_max}),
                                              sxp::Value::list({"feature_max", cpu->feature_max}),
                                              sxp::Value::list({"extended_max", cpu->extended_max})}));
  sxp::List features{"features"};
  for (const std::uint32_t bits : cpu->features) features.emplace_back(fmt::format("{:08x}", bits));
  needs.as_list().emplace_back(std::move(features));
  return needs;
}

HandoverNeeds HandoverNeeds::parse(const sxp::Value& element) {
  HandoverNeeds needs;
  needs.memory = {number(sxp::child_value(element, "memory_kib"), "memory_kib", kMostMemory)};
  const auto* xen = sxp::child(element, "xen");
  const auto version = xen ? sxp::children(*xen) : sxp::List();
  if (version.size() != 2) throw Error("The offer of a handover has needs without a version of Xen.");
  needs.xen_major = static_cast<unsigned>(number(&version[0], "version of Xen", kHighestVersion));
  needs.xen_minor = static_cast<unsigned>(number(&version[1], "version of Xen", kHighestVersion));
  if (const auto* follow = sxp::child_value(element, "devices_follow"))
    needs.devices_follow = number(follow, "devices_follow", 1) != 0;
  const auto* limits = sxp::child(element, "cpu");
  const auto* features = sxp::child(element, "features");
  if (!limits != !features) throw Error("The offer of a handover has needs with half of what they say about the CPU.");
  if (limits) needs.cpu = parse_cpu(*limits, sxp::children(*features));
  return needs;
}

// A guest that has not given back yet what its target wants has more than that.
HandoverNeeds needs_of(Host& host, const Domain& domain) {
  const auto config = domain.state().config;
  const auto xen = host.xen.host_info();
  const auto info = host.xen.domain(domain.running_domid()).value_or(xc::DomainInfo{});
  HandoverNeeds needs;
  needs.memory = std::max(memory_need(config), xc::KiB{info.memory.value + shadow_need(config).value});
  needs.xen_major = xen.xen_major;
  needs.xen_minor = xen.xen_minor;
  needs.cpu = seen_by(host, domain);
  needs.devices_follow = !host.options.get()->external_migration_tool.empty();
  return needs;
}

}  // namespace xend
