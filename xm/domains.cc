#include "xm/domains.h"

#include <algorithm>
#include <cstdlib>

#include "sxp/parser.h"

namespace xm {
namespace {

std::int64_t whole(const sxp::Value& v, std::string_view name) {
  return static_cast<std::int64_t>(child_number(v, name).value_or(0));
}

}  // namespace

std::optional<double> child_number(const sxp::Value& v, std::string_view name) {
  const sxp::Value* value = sxp::child_value(v, name);
  if (value == nullptr) return std::nullopt;
  if (value->is_int()) return static_cast<double>(value->as_int());
  if (value->is_double()) return value->as_double();
  if (!value->is_string() || value->as_string().empty()) return std::nullopt;
  char* end = nullptr;
  const double number = std::strtod(value->as_string().c_str(), &end);
  return *end == '\0' ? std::optional(number) : std::nullopt;
}

Domain parse_domain(const sxp::Value& description) {
  Domain domain;
  if (const auto id = child_number(description, "domid")) domain.id = static_cast<std::int64_t>(*id);
  domain.name = sxp::child_text(description, "name").value_or("");
  domain.memory = whole(description, "memory");
  domain.vcpus = static_cast<std::int64_t>(
      child_number(description, "online_vcpus").value_or(static_cast<double>(whole(description, "vcpus"))));
  domain.state = sxp::child_text(description, "state").value_or("");
  domain.cpu_time = child_number(description, "cpu_time").value_or(0);
  domain.start_time = child_number(description, "start_time").value_or(0);
  domain.pool = sxp::child_text(description, "pool_name").value_or("");
  return domain;
}

sxp::Value describe_domain(Session& xend, const std::string& which, bool full) {
  return rpc::to_sxp(xend.call("xend.domain", {which, full}));
}

Domain get_domain(Session& xend, const std::string& which) {
  return parse_domain(describe_domain(xend, which));
}

std::vector<sxp::Value> describe_domains(Session& xend, const std::string& state, bool full) {
  // An old xend takes the word for true; ours answers it with texts.
  const rpc::Value detail = full ? rpc::Value(true) : rpc::Value("table");
  const sxp::Value result = rpc::to_sxp(xend.call("xend.domains_with_state", {true, state, detail}));
  std::vector<sxp::Value> domains;
  if (result.is_list()) domains = result.as_list();
  for (sxp::Value& domain : domains) {
    if (domain.is_string()) domain = sxp::parse_one(domain.as_string());
  }
  std::stable_sort(domains.begin(), domains.end(), [](const sxp::Value& a, const sxp::Value& b) {
    return sxp::child_text(a, "name").value_or("") < sxp::child_text(b, "name").value_or("");
  });
  return domains;
}

std::vector<Domain> get_domains(Session& xend, const std::vector<std::string>& operands) {
  std::vector<Domain> domains;
  for (const std::string& operand : operands) domains.push_back(get_domain(xend, operand));
  if (!operands.empty()) return domains;
  for (const sxp::Value& description : describe_domains(xend, "all")) domains.push_back(parse_domain(description));
  return domains;
}

}  // namespace xm
