// xend.domain.sched_*: the shares of domains in the CPUs (spec protocols 3.4).

#include "xend/api/method.h"
#include "xend/domain/at_rest.h"
#include "xend/domain/managed.h"
#include "xend/domain/vcpu_changes.h"
#include "xend/error.h"
#include "xend/log.h"

namespace xend {

namespace {

// Of a domain that does not run, what it is to have.
xc::SchedParams shares(const Call& call) {
  const auto domain = domain_arg(call);
  if (const auto domid = domain->domid()) return call.host.xen.sched_params(*domid);
  const auto config = domain->state().config;
  return {config.cpu_weight, config.cpu_cap};
}

void set_shares(Host& host, const std::shared_ptr<Domain>& domain, const xc::SchedParams& params) {
  const auto note = [&](DomainConfig& config) {
    if (params.weight) config.cpu_weight = *params.weight;
    if (params.cap) config.cpu_cap = *params.cap;
  };
  if (domain->state().dormant) return change_at_rest(host, domain, note);
  host.xen.set_sched_params(domain->running_domid(), params);
  domain->update([&](DomainState& s) { note(s.config); });
  const auto state = domain->state();
  if (state.domid != xc::DomId{0} && !state.foreign) remember_change(host, *domain);
  XEND_LOG(Info, "Domain {} ({}) has another share of the CPUs: weight {}, cap {}.", state.name,
           state.domid.value_or(0), state.config.cpu_weight, state.config.cpu_cap);
}

std::uint16_t weight_arg(const Call& call, const char* refusal) {
  const auto weight = int_arg(call, 1, 0);
  if (weight < 1 || weight > 65535) throw Error(refusal);
  return static_cast<std::uint16_t>(weight);
}

rpc::Value credit_get(const Call& call) {
  const auto params = shares(call);
  return rpc::Struct{{"weight", params.weight.value_or(0)}, {"cap", params.cap.value_or(0)}};
}

rpc::Value credit_set(const Call& call) {
  const auto domain = domain_arg(call);
  xc::SchedParams params;
  if (has_arg(call, 1))
    params.weight = weight_arg(call, "Cpu weight out of range, valid values are within range from 1 to 65535");
  if (has_arg(call, 2)) {
    const auto vcpus = domain->domid() ? vcpu_count(call.host, *domain) : domain->state().config.vcpus;
    const auto limit = std::int64_t{100} * vcpus;
    const auto cap = int_arg(call, 2, 0);
    if (cap < 0 || cap > limit)
      throw Error(
          fmt::format("Cpu cap out of range, valid range is from 0 to {} for specified number of vcpus", limit));
    params.cap = static_cast<std::uint16_t>(std::min<std::int64_t>(cap, 65534));  // 65535: leave it as it is
  }
  set_shares(call.host, domain, params);
  return 0;
}

rpc::Value credit2_get(const Call& call) {
  return rpc::Struct{{"weight", shares(call).weight.value_or(0)}};
}

rpc::Value credit2_set(const Call& call) {
  const auto domain = domain_arg(call);
  xc::SchedParams params;
  if (has_arg(call, 1)) params.weight = weight_arg(call, "weight is out of range");
  set_shares(call.host, domain, params);
  return 0;
}

rpc::Value no_sedf(const Call& call) {
  domain_arg(call);
  throw Error("(38, 'Function not implemented')\nXen has no sedf scheduler since 4.6.");
}

constexpr Method kMethods[] = {
    {"sched_credit_get", 1, 1, credit_get, kReads},
    {"sched_credit_set", 1, 3, credit_set},
    {"sched_credit2_get", 1, 1, credit2_get, kReads},
    {"sched_credit2_set", 1, 2, credit2_set},
    {"cpu_sedf_get", 1, 1, no_sedf},
    {"cpu_sedf_set", 6, 6, no_sedf},
};

}  // namespace

std::span<const Method> scheduler_methods() {
  return kMethods;
}

}  // namespace xend
