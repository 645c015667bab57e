// sched-credit, sched-credit2, sched-sedf: the shares that domains have of the CPUs, under the scheduler that Xen runs.
#include <fmt/format.h>

#include <cstdlib>
#include <map>
#include <optional>

#include "xm/command.h"
#include "xm/domains.h"
#include "xm/error.h"
#include "xm/report.h"
#include "xm/units.h"

namespace xm {
namespace {

// Refuses when Xen runs another scheduler: its numbers mean something else (spec xm-cli 2.4).
void check_scheduler(Session& xend, std::string_view wanted) {
  const sxp::Value pairs = rpc::to_sxp(xend.call("xend.node.info", {false}));
  std::string running = "unknown";
  for (const sxp::Value& pair : pairs.is_list() ? pairs.as_list() : sxp::List()) {
    if (sxp::is_element(pair, "xen_scheduler") && pair.as_list().size() > 1) running = pair.as_list()[1].text();
  }
  if (running == wanted) return;
  const Error refusal = Error::die(fmt::format("Xen is running with the {} scheduler", running));
  if (wanted == "sedf")
    throw refusal.with_advice("Xen has no sedf scheduler since 4.6: see sched-credit and sched-credit2.");
  if (running == "credit" || running == "credit2")
    throw refusal.with_advice(
        fmt::format("Its shares are those of 'xm sched-{}'. Another scheduler is chosen with "
                    "sched=NAME on Xen's command line, or for a CPU pool of its own.",
                    running));
  throw refusal;
}

std::optional<std::int64_t> number_option(const Call& call, std::string_view name) {
  const std::string* text = call.parsed.value(name);
  if (text == nullptr) return std::nullopt;
  return wire_int(*text);
}

// In show mode a domain is called by what the list shows, here and not by xend (spec xm-cli 3.1).
std::vector<Domain> shown_domains(Session& xend, const std::string* which, const std::string& state) {
  std::vector<Domain> domains;
  for (const sxp::Value& description : describe_domains(xend, state)) {
    Domain domain = parse_domain(description);
    if (which == nullptr || domain.name == *which || (domain.id && domain.id_text() == *which))
      domains.push_back(std::move(domain));
  }
  if (which != nullptr && domains.empty()) throw Error::use(fmt::format("Domain '{}' does not exist.", *which));
  return domains;
}

// A share of a domain; -1 when xend does not tell it.
class Shares {
 public:
  Shares(Session& xend, const std::string& method, const std::string& domain) {
    try {
      answer_ = xend.call(method, {domain});
    } catch (const rpc::Fault&) {
    }
  }

  std::int64_t number(std::string_view name) const {
    const rpc::Value* value = answer_.member(name);
    if (value == nullptr) return -1;
    return value->is_int() ? value->as_int() : parse_int(rpc::to_sxp(*value).text()).value_or(-1);
  }

 private:
  rpc::Value answer_;
};

// Whoever sets needs a domain. What xend returns beside 0 is shown and is no failure.
int set_shares(Session& xend, const std::string& method, const std::string* domain, rpc::Array shares) {
  if (domain == nullptr) throw Error::use("No domain given.");
  shares.insert(shares.begin(), *domain);
  const rpc::Value result = xend.call(method, shares);
  if (result != rpc::Value(0)) print_error(result.is_nil() ? "None" : rpc::to_sxp(result).text());
  return 0;
}

rpc::Value or_nil(std::optional<std::int64_t> number) {
  return number ? rpc::Value(*number) : rpc::Value();
}

int sched_credit(Session& xend, const Call& call) {
  const std::string* which = call.parsed.value("domain");
  const auto weight = number_option(call, "weight");
  const auto cap = number_option(call, "cap");
  check_scheduler(xend, "credit");
  if (weight || cap) return set_shares(xend, "xend.domain.sched_credit_set", which, {or_nil(weight), or_nil(cap)});
  const std::vector<Domain> domains = shown_domains(xend, which, "all");
  print(fmt::format("{:<33} {:>4} {:>6} {:>4}\n", "Name", "ID", "Weight", "Cap"));
  for (const Domain& domain : domains) {
    const Shares shares(xend, "xend.domain.sched_credit_get", domain.name);
    print(fmt::format("{:<32} {:>5} {:>6} {:>4}\n", domain.name, domain.id_text(), shares.number("weight"),
                      shares.number("cap")));
  }
  return 0;
}

int sched_credit2(Session& xend, const Call& call) {
  const std::string* which = call.parsed.value("domain");
  const auto weight = number_option(call, "weight");
  check_scheduler(xend, "credit2");
  if (weight) return set_shares(xend, "xend.domain.sched_credit2_set", which, {*weight});
  const std::vector<Domain> domains = shown_domains(xend, which, "all");
  print(fmt::format("{:<33} {:>4} {:>6}\n", "Name", "ID", "Weight"));
  for (const Domain& domain : domains) {
    const Shares shares(xend, "xend.domain.sched_credit2_get", domain.name);
    print(fmt::format("{:<32} {:>5} {:>6}\n", domain.name, domain.id_text(), shares.number("weight")));
  }
  return 0;
}

// The guard is all there is of it: a Xen that runs this scheduler is older than any that this release can serve.
int sched_sedf(Session& xend, const Call&) {
  check_scheduler(xend, "sedf");
  throw Error::fault("(38, 'Function not implemented')");
}

}  // namespace

std::vector<Command> scheduler_commands() {
  const OptionSpec domain = {'d', "domain", "DOMAIN", "The domain to show or change"};
  const OptionSpec weight = {'w', "weight", "WEIGHT", "Its share of the CPUs, relative to the others"};
  return {
      {.name = "sched-credit",
       .usage = "[-d <Domain> [-w[=WEIGHT]|-c[=CAP]]]",
       .description = "Shows or sets the shares of the credit scheduler.",
       .style = OptionStyle::kPosix,
       .options = {domain, weight, {'c', "cap", "CAP", "The most that it may use, in percent of one CPU"}},
       .handler = sched_credit},
      {.name = "sched-credit2",
       .usage = "[-d <Domain> [-w[=WEIGHT]]",
       .description = "Shows or sets the shares of the credit2 scheduler.",
       .style = OptionStyle::kPosix,
       .options = {domain, weight},
       .handler = sched_credit2},
      {.name = "sched-sedf",
       .usage = "<Domain> [options]",
       .description = "Shows or sets the shares of the sedf scheduler (not since Xen 4.6).",
       .words = {0, 11},
       .style = OptionStyle::kGnu,
       .options = {{'p', "period", "MS", "How often its time begins, in milliseconds"},
                   {'s', "slice", "MS", "How long it may run each time, in milliseconds"},
                   {'l', "latency", "MS", "How soon it is to run after waking up, in milliseconds"},
                   {'e', "extratime", "FLAG", "Whether it may use time that nobody wants"},
                   {'w', "weight", "FLOAT", "Its share, instead of period and slice"}},
       .handler = sched_sedf},
  };
}

}  // namespace xm
