// vcpu-list, vcpu-set, vcpu-pin.
#include "xm/commands/vcpu.h"

#include <algorithm>

#include <fmt/format.h>

#include "xm/report.h"
#include "xm/session.h"
#include "xm/tables.h"
#include "xm/units.h"

namespace xm {
namespace {

std::int64_t host_cpus(Session& xend) {
  const sxp::Value pairs = rpc::to_sxp(xend.call("xend.node.info", {false}));
  for (const sxp::Value& pair : pairs.as_list()) {
    if (sxp::is_element(pair, "nr_cpus") && pair.as_list().size() > 1 && pair.as_list()[1].is_int()) {
      return pair.as_list()[1].as_int();
    }
  }
  return 0;
}

int vcpu_list(Session& xend, const Call& call) {
  return list_vcpus(xend, call.words);
}

int vcpu_set(Session& xend, const Call& call) {
  xend.call("xend.domain.setVCpuCount", {call.words[0], wire_int(call.words[1])});
  return 0;
}

int vcpu_pin(Session& xend, const Call& call) {
  const auto number = parse_int(call.words[1]);
  // What is neither a number nor "all" is for xend to refuse.
  const rpc::Value vcpu = number ? rpc::Value(wire_int(call.words[1])) : rpc::Value(call.words[1]);
  std::vector<int> cpus;
  if (call.words[2] == "all") {
    const std::int64_t count = host_cpus(xend);
    for (int cpu = 0; cpu < count; ++cpu) cpus.push_back(cpu);
  } else {
    cpus = parse_cpus(call.words[2]);
  }
  xend.call("xend.domain.pincpu", {call.words[0], vcpu, fmt::format("{}", fmt::join(cpus, ","))});
  return 0;
}

}  // namespace

int list_vcpus(Session& xend, const std::vector<std::string>& operands) {
  std::vector<std::string> names = operands;
  if (names.empty()) {
    const rpc::Value all = xend.call("xend.domains_with_state", {false, "all", false});
    for (const rpc::Value& name : all.as_array()) names.push_back(name.as_string());
    std::sort(names.begin(), names.end());
  }
  std::vector<sxp::Value> domains;
  for (const std::string& name : names) {
    domains.push_back(rpc::to_sxp(xend.call("xend.domain.getVCPUInfo", {name})));
  }
  print(vcpu_table(domains, host_cpus(xend)));
  return 0;
}

std::vector<Command> vcpu_commands() {
  return {
      {.name = "vcpu-list",
       .usage = "[Domain, ...]",
       .description = "Lists the virtual processors of all or some domains.",
       .handler = vcpu_list},
      {.name = "vcpu-set",
       .usage = "<Domain> <vCPUs>",
       .description = "Sets how many virtual processors a domain uses.",
       .words = exactly(2),
       .handler = vcpu_set},
      {.name = "vcpu-pin",
       .usage = "<Domain> <VCPU|all> <CPUs|all>",
       .description = "Sets on which CPUs a virtual processor may run.",
       .words = exactly(3),
       .handler = vcpu_pin},
  };
}

}  // namespace xm
