// dmesg, log, debug-keys, top, event-monitor: the host rather than a domain.
#include <spawn.h>
#include <sys/wait.h>

#include <fmt/format.h>

#include "xm/command.h"
#include "xm/error.h"
#include "xm/programs.h"
#include "xm/report.h"
#include "xm/session.h"

extern char** environ;

namespace xm {
namespace {

int dmesg(Session& xend, const Call& call) {
  if (!call.operands().empty()) throw Error::use("No parameter required");
  const rpc::Value text = xend.call("xend.node.dmesg.info", {});
  print(text.as_string());
  if (call.has("clear")) xend.call("xend.node.dmesg.clear", {});
  return 0;
}

int log(Session& xend, const Call&) {
  print(xend.call("xend.node.log", {}).as_string() + "\n");
  return 0;
}

int debug_keys(Session& xend, const Call& call) {
  xend.call("xend.node.send_debug_keys", {call.words[0]});
  return 0;
}

// Succeeds whatever xentop returns, as it always did.
int top(Session&, const Call&) {
  const auto program = find_program("xentop");
  if (!program) {
    print_error("xentop was not found: is the Debian package xen-utils-4.17 installed?");
    return 0;
  }
  char* argv[] = {const_cast<char*>(program->c_str()), nullptr};
  pid_t child = 0;
  if (posix_spawn(&child, program->c_str(), nullptr, nullptr, argv, environ) == 0) {
    int status = 0;
    waitpid(child, &status, 0);
  }
  return 0;
}

int event_monitor(Session&, const Call&) {
  print_error("Event monitoring not supported unless using Xen-API.");
  return 0;
}

}  // namespace

std::vector<Command> host_commands() {
  return {
      {.name = "dmesg",
       .usage = "[-c|--clear]",
       .description = "Prints the messages of the hypervisor.",
       .words = {0, 1},
       .style = OptionStyle::kGnu,
       .options = {{'c', "clear", "", "Forget the messages afterwards"}},
       .handler = dmesg},
      {.name = "log", .usage = "", .description = "Prints the log of xend.", .words = exactly(0), .handler = log},
      {.name = "debug-keys",
       .usage = "<Keys>",
       .description = "Sends the hypervisor debug keys.",
       .words = exactly(1),
       .handler = debug_keys},
      {.name = "top",
       .usage = "",
       .description = "Watches the domains and what they use.",
       .words = exactly(0),
       .handler = top},
      {.name = "event-monitor", .handler = event_monitor},
  };
}

}  // namespace xm
