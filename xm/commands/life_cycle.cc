// pause, unpause, destroy, reset, rename, sysrq, trigger, dump-core: commands that ask xend for one thing and say
// nothing.
#include <filesystem>

#include <fmt/format.h>

#include "xm/command.h"
#include "xm/error.h"
#include "xm/report.h"
#include "xm/session.h"
#include "xm/units.h"

namespace xm {
namespace {

int pause(Session& xend, const Call& call) {
  xend.call("xend.domain.pause", {call.words[0]});
  xend.call("xend.domain.setpauseflag", {call.words[0], true});
  return 0;
}

int unpause(Session& xend, const Call& call) {
  xend.call("xend.domain.unpause", {call.words[0]});
  xend.call("xend.domain.setpauseflag", {call.words[0], false});
  return 0;
}

int destroy(Session& xend, const Call& call) {
  xend.call("xend.domain.destroy", {call.words[0]});
  return 0;
}

int reset(Session& xend, const Call& call) {
  xend.call("xend.domain.reset", {call.words[0]});
  return 0;
}

int rename(Session& xend, const Call& call) {
  xend.call("xend.domain.setName", {call.words[0], call.words[1]});
  return 0;
}

int sysrq(Session& xend, const Call& call) {
  xend.call("xend.domain.send_sysrq", {call.words[0], call.words[1]});
  return 0;
}

int trigger(Session& xend, const Call& call) {
  const std::int64_t vcpu = call.words.size() > 2 ? wire_int(call.words[2]) : 0;
  xend.call("xend.domain.send_trigger", {call.words[0], call.words[1], vcpu});
  return 0;
}

int dump_core(Session& xend, const Call& call) {
  if (call.has("crash") && call.has("reset")) {
    throw Error::option_error("You may not specify more than one '-CR' option");
  }
  if (call.operands().empty() || call.operands().size() > 2) throw Error::option_error("Expects 1 or 2 argument(s)");
  const std::string& domain = call.operands()[0];
  const rpc::Value file = call.operands().size() > 1
                              ? rpc::Value(std::filesystem::absolute(call.operands()[1]).lexically_normal().string())
                              : rpc::Value();
  print(fmt::format("Dumping core of domain: {} ...\n", domain));
  xend.call("xend.domain.dump", {domain, file, call.has("live"), call.has("crash"), call.has("reset")});
  return 0;
}

}  // namespace

std::vector<Command> life_cycle_commands() {
  return {
      {.name = "pause",
       .usage = "<Domain>",
       .description = "Stops the processors of a domain until it is unpaused.",
       .words = exactly(1),
       .handler = pause},
      {.name = "unpause",
       .usage = "<Domain>",
       .description = "Lets a paused domain run.",
       .words = exactly(1),
       .handler = unpause},
      {.name = "destroy",
       .usage = "<Domain>",
       .description = "Ends a domain at once, as pulling the plug would.",
       .words = exactly(1),
       .handler = destroy},
      {.name = "reset",
       .usage = "<Domain>",
       .description = "Destroys a domain and starts it anew.",
       .words = exactly(1),
       .handler = reset},
      {.name = "rename",
       .usage = "<Domain> <NewDomainName>",
       .description = "Gives a domain another name.",
       .words = exactly(2),
       .handler = rename},
      {.name = "sysrq",
       .usage = "<Domain> <letter>",
       .description = "Sends a Linux guest the magic key of that letter.",
       .words = exactly(2),
       .handler = sysrq},
      {.name = "trigger",
       .usage = "<Domain> <nmi|reset|init|s3resume|power> [<VCPU>]",
       .description = "Sends a domain an event that hardware would raise.",
       .words = {2, 3},
       .handler = trigger},
      {.name = "dump-core",
       .usage = "[-L|--live] [-C|--crash] [-R|--reset] <Domain> [Filename]",
       .description = "Writes the memory of a domain to a file.",
       .style = OptionStyle::kGnu,
       .options = {{'L', "live", "", "Do not pause the domain meanwhile"},
                   {'C', "crash", "", "Destroy the domain afterwards"},
                   {'R', "reset", "", "Reset the domain afterwards"}},
       .handler = dump_core},
  };
}

}  // namespace xm
