// migrate: xend does the work and answers when it is done; and its cancelling from elsewhere.
#include <fmt/format.h>
#include <unistd.h>

#include "rpc/fault.h"
#include "xm/command.h"
#include "xm/error.h"
#include "xm/progress.h"
#include "xm/report.h"
#include "xm/session.h"
#include "xm/units.h"

namespace xm {
namespace {

constexpr std::size_t kClassicArguments = 8;  // with the rate of the oldest releases

std::int64_t number_option(const Call& call, std::string_view name, std::int64_t otherwise) {
  const std::string* text = call.parsed.value(name);
  if (text == nullptr) return otherwise;
  const auto number = parse_int(*text);
  if (!number || *number > INT32_MAX || *number < INT32_MIN) {
    throw Error::die(fmt::format("Invalid value: {}", *text));
  }
  return *number;
}

rpc::Struct limits(const Call& call) {
  rpc::Struct given;
  if (call.has("max-downtime")) given.emplace_back("max_downtime", number_option(call, "max-downtime", 0));
  if (call.has("max-rounds")) given.emplace_back("max_rounds", number_option(call, "max-rounds", 0));
  if (call.has("timeout")) given.emplace_back("timeout", number_option(call, "timeout", 0));
  return given;
}

Show shown(const Session& xend, const Call& call) {
  const std::string* form = call.parsed.value("progress");
  if (form == nullptr) return show_on_terminal(xend);
  if (*form != "json") throw Error::die(fmt::format("Invalid value: {}", *form));
  return Show::kJson;
}

rpc::Array classic_arguments(const Call& call) {
  const std::int64_t port = number_option(call, "port", 0);
  const std::int64_t node = number_option(call, "node", -1);
  const std::int64_t resource = number_option(call, "resource", 0);
  if (call.operands().size() != 2) throw Error::option_error("Invalid number of arguments");
  rpc::Array params = {call.operands()[0], call.operands()[1], call.has("live"), port, node};
  // Without -s it is for xend's configuration to say whether the connection is encrypted.
  params.emplace_back();
  if (call.has("ssl")) params.back() = true;
  params.emplace_back(call.has("change_home_server"));
  if (call.has("resource")) params.emplace_back(resource);  // an older xend does not know this argument
  return params;
}

bool counts_arguments(const rpc::Fault& fault) {
  const std::string_view text = fault.what();
  return text.find("arguments") != text.npos && text.find("given") != text.npos;
}

// Who only wants to tell where the domain is does without that, when an old xend does not know the argument.
rpc::Value moved(Session& xend, const rpc::Array& classic, const rpc::Struct& given, bool tell, Show show) {
  const std::string& domain = classic[0].as_string();
  if (given.empty() && !tell) return call_watched(xend, "xend.domain.migrate", classic, domain, show);
  rpc::Array params = classic;
  params.resize(kClassicArguments);
  params.emplace_back(given);
  try {
    return call_watched(xend, "xend.domain.migrate", params, domain, show);
  } catch (const rpc::Fault& fault) {
    if (!given.empty() || !counts_arguments(fault)) throw;
    return call_watched(xend, "xend.domain.migrate", classic, domain, show);
  }
}

int cancel(Session& xend, const Call& call) {
  if (call.operands().size() != 1) throw Error::option_error("Invalid number of arguments");
  const rpc::Value name = xend.call("xend.domain.cancel", {call.operands()[0]});
  print_advice(fmt::format("Cancelled: {} runs on here.", name.is_string() ? name.as_string() : call.operands()[0]));
  return 0;
}

int migrate(Session& xend, const Call& call) {
  if (call.has("cancel")) return cancel(xend, call);
  const rpc::Array classic = classic_arguments(call);
  const Show show = shown(xend, call);
  const bool at_terminal = isatty(STDOUT_FILENO) != 0;
  const rpc::Value answer = moved(xend, classic, limits(call), at_terminal || show == Show::kJson, show);
  if (!answer.is_struct()) return 0;
  if (show == Show::kJson) {
    rpc::Struct last = {{"phase", "done"}};
    last.insert(last.end(), answer.as_struct().begin(), answer.as_struct().end());
    print(json_line(last));
  } else if (at_terminal) {
    print(arrival_line(answer));
  }
  return 0;
}

}  // namespace

std::vector<Command> migrate_commands() {
  return {
      {.name = "migrate",
       .usage = "<Domain> <Host>",
       .description = "Moves a domain to another host.",
       .style = OptionStyle::kOpts,
       .options = {{'l', "live", "", "Keep the domain running while it is copied"},
                   {'p', "port", "portnum", "Port on which the other host accepts domains"},
                   {'r', "resource", "MBIT", "Send at most so many megabits per second"},
                   {'n', "node", "nodenum", "NUMA node that the domain is to have on the other host"},
                   {'s', "ssl", "", "Encrypt the connection"},
                   {'c', "change_home_server", "", "Let the other host manage the domain from now on"},
                   {0, "max-downtime", "MS", "With --live: go on copying until the domain stands still for no longer",
                    OptionSpec::kInFull},
                   {0, "max-rounds", "N", "With --live: but copy for at most so many rounds", OptionSpec::kInFull},
                   {0, "timeout", "S", "With --live: but copy for at most so many seconds", OptionSpec::kInFull},
                   {0, "progress", "json", "Tell how far it is, for programs", OptionSpec::kInFull},
                   {0, "cancel", "", "Cancel what goes on; takes the <Domain> alone", OptionSpec::kInFull}},
       .module_help = "[options] DOM HOST\n\nMoves domain DOM to the host HOST, where xend must accept domains.",
       .handler = migrate},
  };
}

}  // namespace xm
