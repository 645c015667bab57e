// start, delete, suspend, resume: domains that xend keeps also while they do not run.
#include <fmt/format.h>

#include "xm/command.h"
#include "xm/commands/beside_console.h"
#include "xm/domains.h"
#include "xm/error.h"
#include "xm/session.h"
#include "xm/viewer.h"

namespace xm {
namespace {

void start_domain(Session& xend, const Call& call, const TellDomid& tell) {
  const std::string& which = call.operands()[0];
  xend.call("xend.domain.start", {which, call.has("paused")});
  const Domain domain = get_domain(xend, which);
  if (!domain.id) throw Error::fault(fmt::format("Domain '{}' is not started", which));
  if (tell) tell(*domain.id);
  // With or without -autopass, the viewer is handed the password: always has been.
  if (call.has("vncviewer") || call.has("vncviewer-autopass")) open_viewer(xend, domain.name, true);
}

int start(Session& xend, const Call& call) {
  if (call.operands().size() != 1) throw Error::option_error("Expects 1 argument");
  if (call.has("console_autoconnect"))
    return run_beside_console(xend, call, call.operands()[0],
                              [&](Session& own, const TellDomid& tell) { start_domain(own, call, tell); });
  start_domain(xend, call, {});
  return 0;
}

int delete_domain(Session& xend, const Call& call) {
  xend.call("xend.domain.delete", {call.words[0]});
  return 0;
}

int suspend(Session& xend, const Call& call) {
  xend.call("xend.domain.suspend", {call.words[0]});
  return 0;
}

int resume(Session& xend, const Call& call) {
  if (call.operands().size() != 1) throw Error::use("Wrong number of parameters");
  xend.call("xend.domain.resume", {call.operands()[0], call.has("paused")});
  return 0;
}

}  // namespace

std::vector<Command> managed_commands() {
  return {
      {.name = "start",
       .usage = "<DomainName>",
       .description = "Starts a domain that xend manages.",
       .style = OptionStyle::kGnu,
       .options = {{'p', "paused", "", "Do not let the domain run yet"},
                   {'c', "console_autoconnect", "", "Connect to the console of the domain"},
                   {0, "vncviewer", "", "Open a viewer for the domain's screen"},
                   {0, "vncviewer-autopass", "", "Hand the viewer the password"}},
       .handler = start},
      {.name = "delete",
       .usage = "<DomainName>",
       .description = "Has xend forget a domain that it manages.",
       .words = exactly(1),
       .handler = delete_domain},
      {.name = "suspend",
       .usage = "<DomainName>",
       .description = "Saves a managed domain to where xend keeps it.",
       .words = exactly(1),
       .handler = suspend},
      {.name = "resume",
       .usage = "<DomainName>",
       .description = "Continues a domain that was suspended.",
       .words = {1, 2},
       .style = OptionStyle::kGnu,
       .options = {{'p', "paused", "", "Do not let the domain run yet"}},
       .handler = resume},
  };
}

}  // namespace xm
