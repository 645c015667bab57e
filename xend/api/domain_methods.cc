// xend.domain.*: what is done to one domain (spec protocols 3.4).

#include <algorithm>
#include <cctype>

#include "rpc/fault.h"
#include "xend/api/listing.h"
#include "xend/api/method.h"
#include "xend/domain/at_rest.h"
#include "xend/domain/lifecycle.h"
#include "xend/domain/managed.h"
#include "xend/domain/save.h"
#include "xend/domain/store_layout.h"
#include "xend/error.h"
#include "xend/log.h"

namespace xend {

namespace {

rpc::Value full_sxp(const Call& call, const std::shared_ptr<Domain>& domain) {
  return rpc::from_sxp(listed_sxp(call.host, list_domain(call.host, domain), true));
}

rpc::Value create(const Call& call) {
  return full_sxp(call, create_domain(call.host, rpc::to_sxp(call.params[0])));
}

rpc::Value wait_devices(const Call& call) {
  wait_for_devices(*domain_arg(call));
  return {};
}

rpc::Value destroy(const Call& call) {
  const auto key = text_arg(call, 0);
  if (call.host.domains.find(key)) {
    destroy_domain(call.host, guest_arg(call, "destroy"));
    return 0;
  }
  // A number nobody knows is tried on Xen itself (spec xm-cli 3.1).
  if (key.empty() || key.find_first_not_of("0123456789") != std::string::npos || key.size() > 5)
    throw Error(Error::Kind::kInvalidDomain, key);
  const auto domid = static_cast<xc::DomId>(std::stoul(key));
  if (!call.host.xen.domain(domid)) throw Error("(3, 'No such process')");
  call.host.xen.destroy(domid);
  return 0;
}

rpc::Value pause(const Call& call) {
  const auto domain = guest_arg(call, "pause");
  const auto before = list_domain(call.host, domain).state;
  pause_domain(call.host, *domain);
  if (bool_arg(call, 1, false)) return static_cast<int>(before);
  return {};
}

rpc::Value unpause(const Call& call) {
  unpause_domain(call.host, *guest_arg(call, "unpause"));
  return {};
}

rpc::Value set_pause_flag(const Call& call) {
  domain_arg(call)->update([&](DomainState& s) { s.paused_by_admin = bool_arg(call, 1, false); });
  return {};
}

rpc::Value get_pause_flag(const Call& call) {
  return domain_arg(call)->state().paused_by_admin;
}

rpc::Value shutdown(const Call& call) {
  shut_down_domain(call.host, *domain_arg(call), text_arg(call, 1));
  return {};
}

rpc::Value restore(const Call& call) {
  return full_sxp(call, restore_domain(call.host, text_arg(call, 0), bool_arg(call, 1, false)));
}

rpc::Value set_name(const Call& call) {
  rename_domain(call.host, domain_arg(call), text_arg(call, 1));
  return {};
}

rpc::Value get_restart_count(const Call& call) {
  if (domain_arg(call)->state().dormant) return {};
  return std::to_string(domain_arg(call)->state().restart_count);
}

rpc::Value sysrq(const Call& call) {
  const auto domain = domain_arg(call);
  const auto key = call.params[1].is_int() ? std::string(1, static_cast<char>(int_arg(call, 1, 0))) : text_arg(call, 1);
  if (key.size() != 1) throw Error(fmt::format("{} is not convertible to a character", key));
  send_sysrq(call.host, *domain, key[0]);
  return {};
}

rpc::Value trigger(const Call& call) {
  const auto domain = domain_arg(call);
  auto name = text_arg(call, 1);
  std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
  if (name != "nmi" && name != "reset" && name != "init" && name != "power" && name != "s3resume")
    throw Error(fmt::format("Invalid trigger: {}", text_arg(call, 1)));
  call.host.xen.send_trigger(domain->running_domid(), name, static_cast<unsigned>(int_arg(call, 2, 0)));
  return {};
}

constexpr Method kMethods[] = {
    {"create", 1, 1, create},
    {"waitForDevices", 1, 1, wait_devices},
    {"destroy", 1, 1, destroy},
    {"pause", 1, 2, pause},
    {"unpause", 1, 1, unpause},
    {"setpauseflag", 2, 2, set_pause_flag},
    {"getpauseflag", 1, 1, get_pause_flag, kReads},
    {"shutdown", 2, 2, shutdown},
    {"restore", 1, 2, restore},
    {"setName", 2, 2, set_name},
    {"getRestartCount", 1, 1, get_restart_count, kReads},
    {"send_sysrq", 2, 2, sysrq},
    {"send_trigger", 2, 3, trigger},
};

}  // namespace

std::span<const Method> domain_methods() {
  return kMethods;
}

}  // namespace xend
