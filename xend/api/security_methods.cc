// xend.security.*: FLASK where Xen has it; otherwise what xend has always answered without a security module (spec
// protocols 3.4). ACM, which labels and resources were for, is gone from Xen.

#include <array>

#include "rpc/fault.h"
#include "xend/api/listing.h"
#include "xend/api/method.h"
#include "xend/error.h"

namespace xend {

namespace {

constexpr int kFlask = 2;  // the module, in answers

bool has_flask(const Call& call) {
  return call.host.xen.flask_enforcing().has_value();
}

[[noreturn]] void refuse() {
  throw rpc::Fault(rpc::FaultCode::kInternal, "Command not supported under XSM 'dummy' module.");
}

rpc::Value not_supported(const Call&) {
  refuse();
}

rpc::Value empty_text(const Call&) {
  return "";
}

rpc::Value empty_list(const Call&) {
  return rpc::Array{};
}

rpc::Value empty_struct(const Call&) {
  return rpc::Struct{};
}

rpc::Value no_policy(const Call&) {
  return rpc::Array{"", 0};
}

rpc::Value module_type(const Call& call) {
  return has_flask(call) ? kFlask : 0;
}

// Who asks for it takes its absence for that of FLASK.
rpc::Value on(const Call& call) {
  return has_flask(call) ? rpc::Value(kFlask) : rpc::unknown_method("xend.security.on");
}

rpc::Value get_enforce(const Call& call) {
  const auto enforcing = call.host.xen.flask_enforcing();
  return enforcing ? rpc::Value(*enforcing ? 1 : 0) : rpc::unknown_method("xend.security.getenforce");
}

rpc::Value set_enforce(const Call& call) {
  if (!has_flask(call)) return rpc::unknown_method("xend.security.setenforce");
  call.host.xen.set_flask_enforcing(int_arg(call, 0, 0) != 0);
  return 0;
}

// What Xen says of a domain that it has, what is configured of another; "" for one that there is not, as ever.
rpc::Value domain_label(const Call& call) {
  const auto domain = call.host.domains.find(text_arg(call, 0));
  if (!domain || !has_flask(call)) return "";
  const auto listed = list_domain(call.host, domain);
  if (!listed.info) return domain->state().config.security_label;
  return call.host.xen.flask_context(listed.info->ssidref);
}

// Strict: four digits at a time, `=` only at the end.
std::string decode_base64(const std::string& text) {
  constexpr std::size_t kLargest = 32 * 1024 * 1024;
  constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const Error malformed("The policy is not in base64.");
  if (text.size() % 4 != 0 || text.size() > kLargest) throw malformed;
  std::string bytes;
  for (std::size_t i = 0; i < text.size(); i += 4) {
    const bool last = i + 4 == text.size();
    const std::size_t padding = last ? static_cast<std::size_t>(text[i + 3] == '=') +
                                           static_cast<std::size_t>(text[i + 3] == '=' && text[i + 2] == '=')
                                     : 0;
    std::uint32_t group = 0;
    for (std::size_t j = 0; j < 4; ++j) {
      const auto digit = kDigits.find(text[i + j]);
      if (digit == std::string_view::npos && j < 4 - padding) throw malformed;
      group = group << 6 | static_cast<std::uint32_t>(j < 4 - padding ? digit : 0);
    }
    for (std::size_t j = 0; j < 3 - padding; ++j) bytes += static_cast<char>(group >> (16 - 8 * j) & 0xff);
  }
  return bytes;
}

rpc::Value set_policy(const Call& call) {
  if (!has_flask(call) || int_arg(call, 0, 0) != kFlask) refuse();
  call.host.xen.load_flask_policy(decode_base64(text_arg(call, 1)));
  return rpc::Array{0, ""};
}

constexpr Method kMethods[] = {
    {"set_resource_label", 4, 5, not_supported},
    {"get_resource_label", 1, 1, empty_text},
    {"list_labels", 2, 2, empty_list},
    {"get_labeled_resources", 0, 0, empty_struct},
    {"set_policy", 4, 4, set_policy},
    {"reset_policy", 0, 0, not_supported},
    {"get_policy", 0, 0, no_policy},
    {"activate_policy", 1, 1, not_supported},
    {"rm_bootpolicy", 0, 0, not_supported},
    {"get_xstype", 0, 0, module_type},
    {"get_domain_label", 1, 1, domain_label},
    {"set_domain_label", 3, 3, not_supported},
    {"on", 0, 0, on},
    {"getenforce", 0, 0, get_enforce},
    {"setenforce", 1, 1, set_enforce},
};

}  // namespace

std::span<const Method> security_methods() {
  return kMethods;
}

}  // namespace xend
