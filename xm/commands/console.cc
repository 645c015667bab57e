// console and vncviewer: both find out where the guest's console is and hand over to another program.
#include <fmt/format.h>

#include "xm/command.h"
#include "xm/domains.h"
#include "xm/error.h"
#include "xm/programs.h"
#include "xm/viewer.h"

namespace xm {
namespace {

std::int64_t running_domid(Session& xend, const std::string& which) {
  const Domain domain = get_domain(xend, which);
  if (!domain.id) throw Error::fault(fmt::format("Domain '{}' is not started", which));
  return *domain.id;
}

int console(Session& xend, const Call& call) {
  if (call.operands().size() != 1) throw Error::use("No domain given");
  const std::string* number = call.parsed.value("num");
  std::int64_t domid = 0;
  try {
    domid = running_domid(xend, call.operands()[0]);
  } catch (const std::exception&) {
    if (call.has("quiet")) throw Exit{1};
    throw;
  }
  replace_by_console(domid, number != nullptr ? *number : "0");
}

int vncviewer(Session& xend, const Call& call) {
  if (call.operands().size() != 1) throw Error::use("No domain given (or several parameters specified)");
  become_viewer(xend, call.operands()[0], call.has("autopass") || call.has("vncviewer-autopass"));
}

}  // namespace

std::vector<Command> console_commands() {
  return {
      {.name = "console",
       .usage = "[-q|--quiet] <Domain>",
       .description = "Connects to the console of a domain.",
       .words = {1, 3},
       .style = OptionStyle::kGnu,
       .options = {{'q', "quiet", "", "Say nothing when there is no such domain"},
                   {'n', "num", "N", "Number of the console"}},
       .handler = console},
      {.name = "vncviewer",
       .usage = "[--[vncviewer-]autopass] <Domain>",
       .description = "Opens a viewer for the screen of a domain.",
       .style = OptionStyle::kGnu,
       .options = {{0, "autopass", "", "Hand the viewer the password"},
                   {0, "vncviewer-autopass", "", "The same as --autopass"}},
       .handler = vncviewer},
  };
}

}  // namespace xm
