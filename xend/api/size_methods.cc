// xend.domain.*: memory and vcpus of one domain (spec protocols 3.4, 3.6).

#include <algorithm>
#include <numeric>

#include "xend/api/method.h"
#include "xend/domain/memory_changes.h"
#include "xend/domain/vcpu_changes.h"
#include "xend/error.h"
#include "xend/log.h"

namespace xend {

namespace {

rpc::Value memory_target(const Call& call) {
  set_memory_target(call.host, domain_arg(call), int_arg(call, 1, 0));
  return {};
}

rpc::Value memory_maximum(const Call& call) {
  set_memory_maximum(call.host, domain_arg(call), int_arg(call, 1, 0));
  return {};
}

rpc::Value vcpu_count_set(const Call& call) {
  set_vcpu_count(call.host, domain_arg(call), int_arg(call, 1, 0));
  return {};
}

// "0,1,3"; clients before Xen 3.3 sent numbers in an array.
std::vector<unsigned> cpus_arg(const Call& call, std::size_t i) {
  std::string text;
  if (call.params.at(i).is_array()) {
    for (const auto& cpu : call.params[i].as_array())
      text += (text.empty() ? "" : ",") + (cpu.is_int() ? std::to_string(cpu.as_int()) : std::string("?"));
  } else {
    text = text_arg(call, i);
  }
  auto cpus = parse_cpu_list(text);
  if (!cpus || cpus->empty()) throw Error(fmt::format("'{}' is not a list of CPUs such as 0,1,3", text));
  return *cpus;
}

rpc::Value pin(const Call& call) {
  const auto domain = domain_arg(call);
  std::vector<unsigned> vcpus;
  auto which = text_arg(call, 1);
  std::transform(which.begin(), which.end(), which.begin(), [](unsigned char c) { return std::tolower(c); });
  if (which == "all") {
    vcpus.resize(vcpu_count(call.host, *domain));
    std::iota(vcpus.begin(), vcpus.end(), 0u);
  } else {
    if (which.empty() || which.size() > 5 || which.find_first_not_of("0123456789") != std::string::npos)
      throw Error(fmt::format("'{}' is neither the number of a VCPU nor 'all'", text_arg(call, 1)));
    vcpus.push_back(static_cast<unsigned>(std::stoul(which)));
  }
  pin_vcpus(call.host, domain, vcpus, cpus_arg(call, 2));
  return 0;
}

rpc::Array pair(const char* key, rpc::Value value) {
  return {key, std::move(value)};
}

// Of a domain that does not run: where its vcpus may run when it does; unpinned ones on any of 64 CPUs, as ever.
rpc::Value vcpus_at_rest(const DomainConfig& config) {
  rpc::Array result{"domain", pair("domid", {}), pair("name", config.name), pair("vcpu_count", config.vcpus)};
  std::vector<unsigned> all(64);
  std::iota(all.begin(), all.end(), 0u);
  for (unsigned number = 0; number < config.vcpus; ++number) {
    const bool pinned = number < config.cpus.size() && !config.cpus[number].empty();
    rpc::Array cpumap;
    for (const auto cpu : pinned ? config.cpus[number] : all) cpumap.emplace_back(cpu);
    result.push_back(rpc::Array{"vcpu", pair("number", number), pair("online", 0), pair("blocked", 0),
                                pair("running", 0), pair("cpu_time", 0.0), pair("cpu", -1), pair("cpumap", cpumap)});
  }
  return result;
}

rpc::Value vcpu_info(const Call& call) {
  const auto domain = domain_arg(call);
  if (const auto state = domain->state(); state.dormant) return vcpus_at_rest(state.config);
  const auto count = vcpu_count(call.host, *domain);
  rpc::Array result{"domain", pair("domid", domain->running_domid()), pair("name", domain->name()),
                    pair("vcpu_count", count)};
  for (const auto& vcpu : call.host.xen.vcpus(domain->running_domid(), count)) {
    rpc::Array cpumap;
    for (const auto cpu : vcpu.affinity) cpumap.emplace_back(cpu);
    result.push_back(rpc::Array{"vcpu", pair("number", vcpu.number), pair("online", vcpu.online ? 1 : 0),
                                pair("blocked", vcpu.blocked ? 1 : 0), pair("running", vcpu.running ? 1 : 0),
                                pair("cpu_time", static_cast<double>(vcpu.cpu_time_ns) / 1e9), pair("cpu", vcpu.cpu),
                                pair("cpumap", cpumap)});
  }
  return result;
}

constexpr Method kMethods[] = {
    {"setMemoryTarget", 2, 2, memory_target}, {"maxmem_set", 2, 2, memory_maximum},
    {"setVCpuCount", 2, 2, vcpu_count_set},   {"pincpu", 3, 3, pin},
    {"getVCPUInfo", 1, 1, vcpu_info, kReads},
};

}  // namespace

std::span<const Method> size_methods() {
  return kMethods;
}

}  // namespace xend
