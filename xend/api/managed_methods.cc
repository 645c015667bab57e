// xend.domain.*: domains that outlive their running, and what ends one run of them (spec protocols 3.4).

#include "xend/api/caller.h"
#include "xend/api/method.h"
#include "xend/domain/core_dump.h"
#include "xend/domain/managed.h"
#include "xend/domain/restart.h"
#include "xend/error.h"

namespace xend {

namespace {

rpc::Value define(const Call& call) {
  define_domain(call.host, rpc::to_sxp(call.params[0]));
  return {};
}

rpc::Value start(const Call& call) {
  start_domain(call.host, domain_arg(call), bool_arg(call, 1, true));
  return {};
}

rpc::Value suspend(const Call& call) {
  const auto domain = guest_arg(call, "suspend");
  const CallWatch watching(call.caller, domain, Unattended::kIsCancelled);
  suspend_domain(call.host, domain);
  return {};
}

// Whatever goes wrong, an unknown domain included, in one form (spec xm-cli 1.7).
rpc::Value resume(const Call& call) {
  try {
    resume_domain(call.host, guest_arg(call, "resume"), bool_arg(call, 1, false));
  } catch (const Error& e) {
    const bool unknown = e.kind() == Error::Kind::kInvalidDomain;
    throw Error(std::string("Error occurred when resuming: ") +
                (unknown ? std::string("<Fault 3: '") + e.what() + "'>" : e.what()));
  } catch (const xc::Error& e) {
    throw Error(std::string("Error occurred when resuming: ") + e.what());
  }
  return {};
}

rpc::Value forget(const Call& call) {
  delete_domain(call.host, domain_arg(call));
  return {};
}

rpc::Value reset(const Call& call) {
  reset_domain(call.host, guest_arg(call, "reset"));
  return {};
}

rpc::Value dump(const Call& call) {
  const auto domain = guest_arg(call, "dump core for");
  DumpOrder order;
  if (has_arg(call, 1)) order.file = text_arg(call, 1);
  order.live = bool_arg(call, 2, false);
  order.crash = bool_arg(call, 3, false);
  order.reset = bool_arg(call, 4, false);
  const CallWatch watching(call.caller, domain, Unattended::kIsCancelled);
  dump_domain(call.host, domain, order);
  return {};
}

rpc::Value configure(const Call&) {
  throw Error("Unsupported");
}

constexpr Method kMethods[] = {
    {"new", 1, 1, define},    {"start", 1, 2, start}, {"suspend", 1, 1, suspend}, {"resume", 1, 2, resume},
    {"delete", 1, 1, forget}, {"reset", 1, 1, reset}, {"dump", 1, 5, dump},       {"configure", 1, 1, configure},
};

}  // namespace

std::span<const Method> managed_methods() {
  return kMethods;
}

}  // namespace xend
