// migrate: xend does the work and answers when it is done.
#include <fmt/format.h>

#include "xm/command.h"
#include "xm/error.h"
#include "xm/session.h"
#include "xm/units.h"

namespace xm {
namespace {

std::int64_t number_option(const Call& call, std::string_view name, std::int64_t otherwise) {
  const std::string* text = call.parsed.value(name);
  if (text == nullptr) return otherwise;
  const auto number = parse_int(*text);
  if (!number || *number > INT32_MAX || *number < INT32_MIN) {
    throw Error::die(fmt::format("Invalid value: {}", *text));
  }
  return *number;
}

int migrate(Session& xend, const Call& call) {
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
  xend.call("xend.domain.migrate", params);
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
                   {'c', "change_home_server", "", "Let the other host manage the domain from now on"}},
       .module_help = "[options] DOM HOST\n\nMoves domain DOM to the host HOST, where xend must accept domains.",
       .handler = migrate},
  };
}

}  // namespace xm
