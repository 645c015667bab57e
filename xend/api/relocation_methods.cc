// xend.domain.*: saving and moving a domain, how far that is, and cancelling it.

#include <algorithm>
#include <array>
#include <chrono>
#include <climits>

#include "rpc/fault.h"
#include "xend/api/caller.h"
#include "xend/api/method.h"
#include "xend/domain/save.h"
#include "xend/error.h"
#include "xend/log.h"
#include "xend/relocation/sender.h"

namespace xend {

namespace {

using namespace std::chrono_literals;

constexpr std::size_t kLimits = 8;   // the argument of migrate that our own clients add
constexpr auto kTimeToGiveUp = 20s;  // a helper may take five, a destination that has everything some more
constexpr std::array kCancellable = {"saved", "migrated"};

rpc::Value save(const Call& call) {
  const auto domain = guest_arg(call, "save");
  const CallWatch watching(call.caller, domain, Unattended::kGoesOn);
  save_domain(call.host, domain, text_arg(call, 1), bool_arg(call, 2, false), bool_arg(call, 3, false));
  return {};
}

std::int64_t limit(const rpc::Value& limits, const char* name, std::int64_t most) {
  const auto* const value = limits.member(name);
  if (value == nullptr || value->is_nil()) return 0;
  if (!value->is_int() || value->as_int() < 1 || value->as_int() > most)
    throw Error(fmt::format("{} must be a number from 1 to {}.", name, most));
  return value->as_int();
}

RoundLimits limits_arg(const Call& call) {
  if (!has_arg(call, kLimits)) return {};
  const auto& limits = call.params[kLimits];
  if (!limits.is_struct()) throw rpc::Fault(rpc::FaultCode::kInternal, "argument 9 must be a struct");
  return {.max_downtime = std::chrono::milliseconds(limit(limits, "max_downtime", 86'400'000)),
          .max_rounds = static_cast<unsigned>(limit(limits, "max_rounds", 1'000)),
          .timeout = std::chrono::seconds(limit(limits, "timeout", 86'400))};
}

Relocation relocation_args(const Call& call) {
  Relocation relocation;
  relocation.destination = text_arg(call, 1);
  relocation.live = bool_arg(call, 2, false);
  const auto port = int_arg(call, 3, 0);
  if (port < 0 || port > 65535) throw Error(fmt::format("{} is not the number of a TCP port: 1 to 65535 are.", port));
  relocation.port = static_cast<unsigned>(port);
  relocation.ssl = bool_arg(call, 5, call.host.options.get()->xend_relocation_ssl);
  relocation.change_home_server = bool_arg(call, 6, false);
  const auto rate = int_arg(call, 7, 0);  // Mbit/s, as the releases up to 3.2 had it
  if (rate < 0 || rate > 1'000'000) throw Error(fmt::format("{} Mbit/s is not a rate that can be kept to.", rate));
  relocation.rate_mbit = static_cast<unsigned>(rate);
  relocation.limits = limits_arg(call);
  return relocation;
}

rpc::Value number(std::int64_t n) {
  return std::min<std::int64_t>(n, INT_MAX);
}

rpc::Value migrate(const Call& call) {
  const auto began = std::chrono::steady_clock::now();
  const auto relocation = relocation_args(call);
  const auto domain = guest_arg(call, "migrate");
  const auto name = domain->state().config.name;
  const CallWatch watching(call.caller, domain, Unattended::kGoesOn);
  const auto relocated = relocate_domain(call.host, domain, relocation);
  if (call.params.size() <= kLimits) return {};  // classic clients expect nothing
  const auto took = std::chrono::steady_clock::now() - began;
  return rpc::Struct{{"name", name},
                     {"destination", relocation.destination},
                     {"domid", relocated.domid ? rpc::Value(*relocated.domid) : rpc::Value()},
                     {"milliseconds", number(std::chrono::duration_cast<std::chrono::milliseconds>(took).count())},
                     {"stopped_milliseconds", number(relocated.stopped.count())}};
}

// By the name that it has, or had before it was shown as migrating-NAME.
std::shared_ptr<Domain> on_its_way(const Call& call) {
  const auto key = text_arg(call, 0);
  if (auto domain = call.host.domains.find(key)) return domain;
  if (auto domain = call.host.domains.find("migrating-" + key)) return domain;
  throw Error(Error::Kind::kInvalidDomain, key);
}

rpc::Value progress(const Call& call) {
  const auto state = on_its_way(call)->state();
  if (!state.transfer) throw Error(fmt::format("Domain {} is not being saved or moved.", state.config.name));
  const auto& told = state.transfer->progress;
  // What does not fit into the 32 bits that integers have on the wire goes as a double.
  return rpc::Struct{{"round", number(told.round + 1)},
                     {"pages_sent", number(static_cast<std::int64_t>(told.pages_sent))},
                     {"pages_total", number(static_cast<std::int64_t>(told.pages_total))},
                     {"pages_dirty", number(told.pages_dirty)},
                     {"bytes", static_cast<double>(told.bytes_written)},
                     {"bytes_per_second", static_cast<double>(told.bytes_per_second)},
                     {"dirty_per_second", number(static_cast<std::int64_t>(told.dirty_per_second))},
                     {"estimated_downtime_ms", number(told.estimate_ms)},
                     {"phase", to_string(state.transfer->phase)}};
}

void refuse_handed_over(const DomainState& state) {
  if (!state.held_because.empty())
    throw Error(fmt::format("Domain {} has been handed over, so this cannot be cancelled any more. {}",
                            state.config.name, state.held_because));
}

// Whether it is here as if nothing had happened.
bool runs_on(Host& host, const std::shared_ptr<Domain>& domain, const DomainState& before) {
  return host.domains.find(before.config.uuid.to_string()) == domain && domain->domid() == before.domid;
}

// Answers when it has been given up, with the domain's name.
rpc::Value cancel(const Call& call) {
  const auto domain = on_its_way(call);
  const auto state = domain->state();
  refuse_handed_over(state);
  if (std::none_of(kCancellable.begin(), kCancellable.end(), [&](const char* what) { return domain->cancel(what); }))
    throw Error(fmt::format("Nothing goes on with domain {} that could be cancelled: it is not being saved or moved.",
                            state.config.name));
  XEND_LOG(Info, "Domain {} ({}): what was asked for is cancelled.", state.config.name, state.domid.value_or(0));
  if (!domain->await_idle(kTimeToGiveUp))
    throw Error(fmt::format("Domain {} is being {}, and that was not given up within {} seconds.", state.config.name,
                            domain->busy(), kTimeToGiveUp / 1s));
  refuse_handed_over(domain->state());
  if (!runs_on(call.host, domain, state))
    throw Error(fmt::format("It was too late to cancel: domain {} is not here any more.", state.config.name));
  return state.config.name;
}

constexpr Method kMethods[] = {
    {"save", 2, 4, save},
    {"migrate", 2, 9, migrate},
    {"progress", 1, 1, progress, kReads},
    {"cancel", 1, 1, cancel},
};

}  // namespace

std::span<const Method> relocation_methods() {
  return kMethods;
}

}  // namespace xend
