// shutdown and reboot, for one domain or all, with or without waiting.
#include <algorithm>
#include <chrono>
#include <thread>

#include <fmt/format.h>

#include "rpc/fault.h"
#include "xm/command.h"
#include "xm/domains.h"
#include "xm/error.h"
#include "xm/report.h"

namespace xm {
namespace {

constexpr auto kPollInterval = std::chrono::seconds(1);
constexpr int kPollsUntilLost = 30;  // a rebooting domain is absent for a while, but not for ever

bool is_running(const Domain& domain) {
  return domain.id && !domain.is('s') && !domain.is('c') && !domain.is('p');
}

std::vector<Domain> all_domains(Session& xend) {
  return get_domains(xend, {});
}

// By name: ids change when a domain reboots.
std::vector<std::string> targets(Session& xend, const Call& call) {
  std::vector<std::string> names;
  if (call.has("all")) {
    for (const Domain& domain : all_domains(xend)) {
      if (domain.id != 0 && is_running(domain)) names.push_back(domain.name);
    }
    return names;
  }
  if (call.operands().empty()) throw Error::die("No domain parameter given");
  if (call.operands().size() > 1) throw Error::die("No multiple domain parameters allowed");
  return {get_domain(xend, call.operands()[0]).name};
}

// A paused domain has not ended, so it is waited for; one that is kept after its end has.
void wait_for_end(Session& xend, std::vector<std::string> names) {
  while (!names.empty()) {
    const std::vector<Domain> domains = all_domains(xend);
    std::erase_if(names, [&](const std::string& name) {
      for (const Domain& domain : domains) {
        if (domain.name == name && domain.id && !domain.is('s') && !domain.is('c')) return false;
      }
      print(fmt::format("Domain {} terminated\n", name));
      return true;
    });
    if (!names.empty()) std::this_thread::sleep_for(kPollInterval);
  }
  print("All domains terminated\n");
}

// Counted by xend in the domain's own folder of xenstore; a domain that is not there just now has none.
rpc::Value restart_count(Session& xend, const std::string& name) try {
  return xend.call("xend.domain.getRestartCount", {name});
} catch (const rpc::Fault&) {
  return {};
}

struct Rebooting {
  std::string name;
  rpc::Value count_before;
  int absent_polls = 0;
};

void wait_for_reboot(Session& xend, std::vector<Rebooting> waiting) {
  while (!waiting.empty()) {
    const std::vector<Domain> domains = all_domains(xend);
    std::erase_if(waiting, [&](Rebooting& w) {
      const bool present = std::any_of(domains.begin(), domains.end(),
                                       [&](const Domain& domain) { return domain.id && domain.name == w.name; });
      if (!present) {
        if (++w.absent_polls <= kPollsUntilLost) return false;
        print(fmt::format("Domain {} destroyed for failing to reboot\n", w.name));
        return true;
      }
      w.absent_polls = 0;
      if (restart_count(xend, w.name) == w.count_before) return false;
      print(fmt::format("Domain {} rebooted\n", w.name));
      return true;
    });
    if (!waiting.empty()) std::this_thread::sleep_for(kPollInterval);
  }
  print("All domains rebooted\n");
}

int stop_domains(Session& xend, const Call& call, bool reboot) {
  const std::vector<std::string> names = targets(xend, call);
  if (call.has("halt") && reboot) throw Error::die("Can't specify halt and reboot");
  const char* mode = reboot ? "reboot" : call.has("halt") ? "halt" : "poweroff";
  std::vector<Rebooting> rebooting;
  for (const std::string& name : names) {
    if (reboot && call.has("wait")) rebooting.push_back({name, restart_count(xend, name)});
    xend.call("xend.domain.shutdown", {name, mode});
  }
  if (!call.has("wait")) return 0;
  if (reboot) {
    wait_for_reboot(xend, std::move(rebooting));
  } else {
    wait_for_end(xend, names);
  }
  return 0;
}

int shutdown(Session& xend, const Call& call) {
  return stop_domains(xend, call, call.has("reboot"));
}

int reboot(Session& xend, const Call& call) {
  return stop_domains(xend, call, true);
}

}  // namespace

std::vector<Command> shutdown_commands() {
  return {
      {.name = "shutdown",
       .usage = "<Domain> [-waRH]",
       .description = "Asks a domain to shut down.",
       .words = {1, 4},
       .style = OptionStyle::kOpts,
       .options = {{'a', "all", "", "All running domains but Domain-0"},
                   {'w', "wait", "", "Wait until it is done"},
                   {'H', "halt", "", "Ask the domain to halt rather than to power off"},
                   {'R', "reboot", "", "Ask the domain to reboot"}},
       .module_help = "[options] [DOM]\n\nAsks domain DOM, or all with -a, to shut down.",
       .handler = shutdown},
      {.name = "reboot",
       .usage = "<Domain> [-wa]",
       .description = "Asks a domain to reboot.",
       .words = {1, 3},
       .style = OptionStyle::kOpts,
       .options = {{'a', "all", "", "All running domains but Domain-0"},
                   {'w', "wait", "", "Wait until it is done"},
                   {'H', "halt", "", ""},
                   {'R', "reboot", "", ""}},
       .module_help = "[options] [DOM]\n\nAsks domain DOM, or all with -a, to reboot.",
       .handler = reboot},
  };
}

}  // namespace xm
