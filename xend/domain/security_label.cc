#include "xend/domain/security_label.h"

#include "xend/error.h"
#include "xend/log.h"

namespace xend {

namespace {

constexpr char kAcm[] = "ACM:";
constexpr char kDefault[] = "system_u:system_r:domU_t";  // of the policy that comes with Xen

// (access_control ...) stands in one list more than other elements have.
const sxp::Value* access_control(const sxp::Value& config) {
  const auto* security = sxp::child_value(config, "security");
  if (!security || sxp::is_element(*security, "access_control") || !security->is_list()) return security;
  for (const auto& element : security->as_list())
    if (sxp::is_element(element, "access_control")) return &element;
  return nullptr;
}

// With another policy there may be no such context: Xen judges then, by what it has for domains without one.
std::uint32_t default_sid(xc::Hypervisor& xen) {
  try {
    return xen.flask_sid(kDefault);
  } catch (const xc::Error& e) {
    XEND_LOG(Debug, "The policy in force has no {}: {}", kDefault, e.what());
    return 0;
  }
}

}  // namespace

std::string parse_security_label(const sxp::Value& config) {
  if (const auto label = sxp::child_text(config, "security_label")) return *label;
  const auto* element = access_control(config);
  if (!element) return "";
  const auto label = sxp::child_text(*element, "label").value_or("");
  const auto policy = sxp::child_text(*element, "policy").value_or("");
  return policy.empty() || label.empty() ? label : fmt::format("{}{}:{}", kAcm, policy, label);
}

std::uint32_t security_sid(xc::Hypervisor& xen, const std::string& label, const std::string& name) {
  const bool flask = xen.flask_enforcing().has_value();
  if (label.starts_with(kAcm))
    XEND_LOG(Warning, "The security label {} of {} has no effect: Xen has no ACM since 4.2.", label, name);
  if (label.empty() || label.starts_with(kAcm)) return flask ? default_sid(xen) : 0;
  if (!flask)
    throw Error(
        fmt::format("{} has the security label {}, and this Xen was built or booted without FLASK. Boot Xen with "
                    "flask=enforcing, or take the label out of the configuration.",
                    name, label));
  try {
    return xen.flask_sid(label);
  } catch (const xc::Error& e) {
    throw Error(
        fmt::format("{} has the security label {}, which the policy in force does not have: {}\nA context of FLASK has "
                    "the form system_u:system_r:domU_t.",
                    name, label, e.what()));
  }
}

}  // namespace xend
