// xend.domain, xend.domains, xend.domains_with_state: who is there and in which state.

#include <algorithm>
#include <array>
#include <cctype>

#include "xend/api/listing.h"
#include "xend/api/method.h"
#include "xend/log.h"

namespace xend {

namespace {

constexpr std::array<const char*, 7> kStateNames = {"halted", "paused",  "running", "suspended",
                                                    "halted", "crashed", "unknown"};

// A number, or a name in any case; "all" is nothing. An unknown name fits no domain (spec xm-cli 2.3).
struct StateFilter {
  bool all = false;
  int number = -1;
  std::string name;
  bool in_xen = false;  // the others are left out, whatever their state

  bool fits(const ListedDomain& listed) const {
    if (in_xen && !listed.info) return false;
    const auto n = static_cast<int>(listed.state);
    return all || n == number || (!name.empty() && name == kStateNames.at(static_cast<std::size_t>(n)));
  }
};

StateFilter state_filter(const Call& call, std::size_t i) {
  StateFilter filter;
  if (call.params[i].is_int()) {
    filter.number = static_cast<int>(call.params[i].as_int());
    return filter;
  }
  filter.name = text_arg(call, i);
  std::transform(filter.name.begin(), filter.name.end(), filter.name.begin(),
                 [](unsigned char c) { return std::tolower(c); });
  filter.all = filter.name == "all";
  return filter;
}

rpc::Value listing(const Call& call, bool detail, const StateFilter& filter, bool full) {
  rpc::Array result;
  for (const auto& listed : list_domains(call.host)) {
    if (!filter.fits(listed)) continue;
    if (!detail) {
      result.emplace_back(listed.domain->name());
      continue;
    }
    try {
      result.push_back(rpc::from_sxp(listed_sxp(call.host, listed, full)));
    } catch (const std::exception& e) {
      XEND_LOG(Warning, "Failed to query SXPR for domain {}: {}", listed.domain->name(), e.what());
    }
  }
  return result;
}

rpc::Value domain(const Call& call) {
  const auto listed = list_domain(call.host, domain_arg(call));
  return rpc::from_sxp(listed_sxp(call.host, listed, bool_arg(call, 1, false)));
}

rpc::Value domains(const Call& call) {
  // "Running" in the table's sense: known to Xen (spec protocols 3.4).
  return listing(call, bool_arg(call, 0, true), {.all = true, .number = -1, .name = {}, .in_xen = true},
                 bool_arg(call, 1, false));
}

rpc::Value domains_with_state(const Call& call) {
  return listing(call, bool_arg(call, 0, true), state_filter(call, 1), bool_arg(call, 2, false));
}

constexpr Method kMethods[] = {
    {"domain", 1, 2, domain},
    {"domains", 0, 2, domains},
    {"domains_with_state", 3, 3, domains_with_state},
};

}  // namespace

std::span<const Method> listing_methods() {
  return kMethods;
}

}  // namespace xend
