// xend.domain, xend.domains, xend.domains_with_state: who is there and in which state.

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>

#include "sxp/printer.h"
#include "xend/api/listing.h"
#include "xend/api/method.h"
#include "xend/api/readers_turn.h"
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

enum class Detail { kName, kTable, kSettings, kDevices };

rpc::Value listing(const Call& call, Detail detail, const StateFilter& filter) {
  rpc::Array result;
  for (const auto& listed : list_domains(call.host)) {
    if (!filter.fits(listed)) continue;
    if (detail == Detail::kName) {
      result.emplace_back(listed.domain->name());
      continue;
    }
    try {
      if (detail == Detail::kTable) {
        result.emplace_back(sxp::to_string(table_sxp(call.host, listed)));
        continue;
      }
      std::optional<ReadersTurn> turn;  // for each: a long list does not keep others waiting to its end
      if (detail == Detail::kDevices) turn.emplace();
      result.push_back(rpc::from_sxp(listed_sxp(call.host, listed, detail == Detail::kDevices)));
    } catch (const std::exception& e) {
      XEND_LOG(Warning, "Failed to query SXPR for domain {}: {}", listed.domain->name(), e.what());
    }
  }
  return result;
}

// From the arguments `detail` and `full`. Besides the classic truth values of the latter there is "table", which an old
// xend takes for true: it answers more than a table needs. This one answers the text of an SXP for each domain, which
// is a thirtieth of the XML to be read.
Detail detail_args(const Call& call, std::size_t detail, std::size_t full) {
  if (!bool_arg(call, detail, true)) return Detail::kName;
  if (full < call.params.size() && call.params[full] == rpc::Value("table")) return Detail::kTable;
  return bool_arg(call, full, false) ? Detail::kDevices : Detail::kSettings;
}

rpc::Value domain(const Call& call) {
  const auto listed = list_domain(call.host, domain_arg(call));
  return rpc::from_sxp(listed_sxp(call.host, listed, bool_arg(call, 1, false)));
}

rpc::Value domains(const Call& call) {
  // "Running" in the table's sense: known to Xen (spec protocols 3.4).
  return listing(call, detail_args(call, 0, 1), {.all = true, .number = -1, .name = {}, .in_xen = true});
}

rpc::Value domains_with_state(const Call& call) {
  return listing(call, detail_args(call, 0, 2), state_filter(call, 1));
}

constexpr Method kMethods[] = {
    {"domain", 1, 2, domain, kReads},
    {"domains", 0, 2, domains},
    {"domains_with_state", 3, 3, domains_with_state},
};

}  // namespace

std::span<const Method> listing_methods() {
  return kMethods;
}

}  // namespace xend
