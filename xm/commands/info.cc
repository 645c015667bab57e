// info: what xend knows about the host, and with -c what xend is configured to do.
#include "xm/command.h"
#include "xm/error.h"
#include "xm/report.h"
#include "xm/session.h"
#include "xm/tables.h"
#include "xm/xend_options.h"

namespace xm {
namespace {

int info(Session& xend, const Call& call) {
  if (!call.operands().empty()) throw Error::use("No parameter required");
  if (call.has("config")) {
    print(options_table(xend_options()));
    return 0;
  }
  print(info_table(rpc::to_sxp(xend.call("xend.node.info", {call.has("numa")}))));
  return 0;
}

}  // namespace

std::vector<Command> info_commands() {
  return {
      {.name = "info",
       .usage = "[-c|--config] [-n|--numa]",
       .description = "Shows what this host is and has.",
       .words = {0, 1},
       .style = OptionStyle::kGnu,
       .options = {{'c', "config", "", "Show the settings of xend instead"},
                   {'n', "numa", "", "Show also which CPUs and memory belong together"}},
       .handler = info},
  };
}

}  // namespace xm
