#include "xend/api/dispatcher.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <system_error>

#include "rpc/fault.h"
#include "xend/api/method.h"
#include "xend/api/readers_turn.h"
#include "xend/error.h"
#include "xend/log.h"

namespace xend {

namespace {

struct Group {
  std::string_view prefix;
  std::span<const Method> methods;
};

std::array<Group, 11> groups() {
  return {{{"xend.domain.", domain_methods()},
           {"xend.domain.", device_methods()},
           {"xend.domain.", managed_methods()},
           {"xend.domain.", relocation_methods()},
           {"xend.domain.", size_methods()},
           {"xend.domain.", scheduler_methods()},
           {"xend.domain.", usb_methods()},
           {"xend.node.", node_methods()},
           {"xend.cpu_pool.", pool_methods()},
           {"xend.security.", security_methods()},
           {"xend.", listing_methods()}}};
}

const Method* find(std::string_view name) {
  for (const auto& group : groups()) {
    if (!name.starts_with(group.prefix)) continue;
    const auto rest = name.substr(group.prefix.size());
    const auto found =
        std::find_if(group.methods.begin(), group.methods.end(), [&](const Method& m) { return m.name == rest; });
    if (found != group.methods.end()) return &*found;
  }
  return nullptr;
}

rpc::Value list_methods() {
  std::vector<std::string> names = {"system.listMethods", "system.methodHelp", "system.methodSignature"};
  for (const auto& group : groups())
    for (const auto& method : group.methods) names.push_back(std::string(group.prefix) + method.name);
  std::sort(names.begin(), names.end());
  return rpc::Array(names.begin(), names.end());
}

int fault_code(const Error& e) {
  switch (e.kind()) {
    case Error::Kind::kInvalidDomain:
      return static_cast<int>(rpc::FaultCode::kInvalidDomain);
    case Error::Kind::kInternal:
      return static_cast<int>(rpc::FaultCode::kInternal);
    default:
      return static_cast<int>(rpc::FaultCode::kGeneric);
  }
}

// The tuple that the Python binding raised (spec xm-cli 1.7), which scripts look into, and then which call it was.
std::string classic_text(const xc::Error& e) {
  if (e.error() == 0) return e.what();
  return fmt::format("({}, '{}')\n{}", e.error(), std::generic_category().message(e.error()), e.what());
}

rpc::Value method_help(const rpc::Array& params) {
  const auto* method = params.empty() || !params[0].is_string() ? nullptr : find(params[0].as_string());
  if (!method) return "";
  return fmt::format("Takes {} to {} arguments.", method->min_args, method->max_args);
}

}  // namespace

rpc::Value dispatch(Host& host, const std::string& name, const rpc::Array& params, const rpc::Caller& caller) {
  if (name == "system.listMethods") return list_methods();
  if (name == "system.methodHelp") return method_help(params);
  if (name == "system.methodSignature") return "signatures not supported";
  const auto* method = find(name);
  if (!method) return rpc::unknown_method(name);
  if (params.size() < method->min_args || params.size() > method->max_args)
    throw rpc::Fault(rpc::FaultCode::kInternal, fmt::format("{}() takes from {} to {} arguments ({} given)", name,
                                                            method->min_args, method->max_args, params.size()));
  try {
    std::optional<ReadersTurn> turn;
    if (method->reads) turn.emplace();
    return method->run({host, params, caller});
  } catch (const Error& e) {
    if (e.kind() != Error::Kind::kInvalidDomain) XEND_LOG(Error, "{}: {}", name, e.what());
    throw rpc::Fault(fault_code(e), e.what());
  } catch (const xc::Error& e) {
    XEND_LOG(Error, "{}: {}", name, e.what());
    throw rpc::Fault(rpc::FaultCode::kGeneric, classic_text(e));
  }
}

}  // namespace xend
