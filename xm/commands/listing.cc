// list, uptime, domid, domname, domstate.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <fstream>

#include <fmt/chrono.h>

#include "sxp/printer.h"
#include "xm/command.h"
#include "xm/commands/vcpu.h"
#include "xm/domains.h"
#include "xm/error.h"
#include "xm/report.h"
#include "xm/tables.h"
#include "xm/units.h"

namespace xm {
namespace {

void check_selection(const Call& call, const std::string& state) {
  const bool state_given = lower(state) != "all";
  if (state_given && !call.operands().empty()) {
    throw Error::option_error("You may specify either a state or a particular VM, but not both");
  }
  if (call.has("pool") && !call.operands().empty()) {
    throw Error::option_error("You may specify either a pool or a particular VM, but not both");
  }
}

// TYPE:POLICY:LABEL of ACM as LABEL; a context of FLASK has three parts too, and is shown whole.
std::string label_of(Session& xend, const Domain& domain) {
  std::string label;
  try {
    label = rpc::to_sxp(xend.call("xend.security.get_domain_label", {domain.name})).text();
  } catch (const rpc::Fault&) {  // an xend without labels
    return "";
  }
  if (label.starts_with('\'')) label.erase(0, 1);
  return label.starts_with("ACM:") ? label.substr(label.rfind(':') + 1) : label;
}

// By label, whatever its case.
void add_labels(Session& xend, std::vector<Domain>& domains) {
  for (Domain& domain : domains) domain.label = label_of(xend, domain);
  std::ranges::stable_sort(domains, {}, [&](const Domain& domain) { return lower(domain.label); });
}

int list(Session& xend, const Call& call) {
  if (call.has("vcpus")) {
    fmt::print(stderr, "xm list -v is deprecated.  Please use xm vcpu-list.\n");
    return list_vcpus(xend, call.operands());
  }
  const std::string* state_option = call.parsed.value("state");
  const std::string state = state_option != nullptr ? *state_option : "all";
  check_selection(call, state);

  const bool full = call.has("long");
  std::vector<sxp::Value> descriptions;
  for (const std::string& operand : call.operands()) descriptions.push_back(describe_domain(xend, operand, full));
  if (call.operands().empty()) descriptions = describe_domains(xend, state, full);
  if (const std::string* pool = call.parsed.value("pool")) {
    std::erase_if(descriptions, [&](const sxp::Value& d) { return parse_domain(d).pool != *pool; });
  }

  if (full) {
    for (const sxp::Value& description : descriptions) print(sxp::pretty(description));
    return 0;
  }
  std::vector<Domain> domains;
  for (const sxp::Value& description : descriptions) domains.push_back(parse_domain(description));
  if (call.has("label")) add_labels(xend, domains);
  print(list_table(domains, call.has("label")));
  return 0;
}

// dom0 was not started by xend: its uptime is the kernel's.
std::int64_t host_uptime() {
  double seconds = 0;
  std::ifstream("/proc/uptime") >> seconds;
  return static_cast<std::int64_t>(seconds);
}

int uptime(Session& xend, const Call& call) {
  const std::time_t now = std::time(nullptr);
  std::vector<Uptime> uptimes;
  for (Domain& domain : get_domains(xend, call.operands())) {
    std::int64_t seconds = 0;
    if (domain.id == 0) {
      seconds = host_uptime();
    } else if (domain.id && domain.start_time > 0) {
      seconds = std::max<std::int64_t>(0, now - static_cast<std::int64_t>(domain.start_time));
    }
    uptimes.push_back({std::move(domain), seconds});
  }
  print(call.has("short") ? uptime_short(uptimes, fmt::format("{:%H:%M:%S}", fmt::localtime(now)))
                          : uptime_table(uptimes));
  return 0;
}

int domid(Session& xend, const Call& call) {
  const Domain domain = get_domain(xend, call.words[0]);
  print(domain.id ? domain.id_text() + "\n" : "None\n");
  return 0;
}

int domname(Session& xend, const Call& call) {
  print(get_domain(xend, call.words[0]).name + "\n");
  return 0;
}

std::string_view state_word(const Domain& domain, bool paused_by_admin) {
  if (domain.state.empty()) return "shutoff";
  if (domain.is('s')) return "shutoff";
  if (domain.is('b')) return "idle";
  if (domain.is('d')) return "shutdown";
  if (domain.is('r')) return "running";
  if (domain.is('c')) return "crashed";
  if (domain.is('p')) return paused_by_admin ? "paused by admin" : "paused";
  return "running";  // runnable, but not on a processor at this moment
}

int domstate(Session& xend, const Call& call) {
  if (call.operands().size() != 1) throw Error::use("Wrong number of parameters");
  const std::string& which = call.operands()[0];
  const Domain domain = get_domain(xend, which);
  bool by_admin = false;
  if (domain.is('p')) {
    const rpc::Value flag = xend.call("xend.domain.getpauseflag", {which});
    by_admin = flag == rpc::Value(true) || flag == rpc::Value(1);
  }
  print(fmt::format("{}\n", state_word(domain, by_admin)));
  return 0;
}

}  // namespace

std::vector<Command> listing_commands() {
  return {
      {.name = "list",
       .usage = "[options] [Domain, ...]",
       .description = "Lists all or some domains.",
       .style = OptionStyle::kGnu,
       .options = {{'l', "long", "", "Everything that xend knows about the domains"},
                   {'v', "vcpus", "", "The same as 'xm vcpu-list'"},
                   {0, "label", "", "Show security labels"},
                   {0, "state", "state", "Only the domains that are running, paused, halted, suspended or crashed"},
                   {0, "pool", "pool", "Only the domains in that CPU pool"}},
       .handler = list},
      {.name = "uptime",
       .usage = "[-s] [Domain, ...]",
       .description = "Shows for how long domains have been running.",
       .style = OptionStyle::kGnu,
       .options = {{'s', "short", "", "In the form of uptime(1)"}},
       .handler = uptime},
      {.name = "domid",
       .usage = "<DomainName>",
       .description = "Prints the id of a domain.",
       .words = exactly(1),
       .handler = domid},
      {.name = "domname",
       .usage = "<DomId>",
       .description = "Prints the name of a domain.",
       .words = exactly(1),
       .handler = domname},
      {.name = "domstate",
       .usage = "<domain> ",
       .description = "Prints the state of a domain in one word.",
       .words = exactly(1),
       .style = OptionStyle::kGnu,
       .options = {{'s', "state", "", ""}, {0, "domname", "X", ""}},
       .handler = domstate},
  };
}

}  // namespace xm
