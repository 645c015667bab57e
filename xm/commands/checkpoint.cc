// save and restore. The file is opened by xend, but what can be checked here is checked before xend is asked.
#include <unistd.h>

#include <filesystem>

#include <fmt/format.h>

#include "xm/command.h"
#include "xm/error.h"
#include "xm/progress.h"
#include "xm/session.h"

namespace xm {
namespace {

// xend has another working directory.
std::filesystem::path absolute(const std::string& file) {
  return std::filesystem::absolute(file).lexically_normal();
}

int save(Session& xend, const Call& call) {
  if (call.operands().size() != 2) throw Error::use("Wrong number of parameters");
  if (call.has("live") && !call.has("checkpoint")) {
    throw Error::use("--live is for a domain that runs on afterwards: it needs -c");
  }
  const std::filesystem::path file = absolute(call.operands()[1]);
  if (access(file.parent_path().c_str(), W_OK) != 0) {
    throw Error::die(fmt::format("xm save: Unable to create file {}", file.string()));
  }
  rpc::Array params = {call.operands()[0], file.string(), call.has("checkpoint")};
  if (call.has("live")) params.emplace_back(true);  // an older xend does not know this argument
  call_watched(xend, "xend.domain.save", params, call.operands()[0], show_on_terminal(xend));
  return 0;
}

int restore(Session& xend, const Call& call) {
  if (call.operands().size() != 1) throw Error::use("Wrong number of parameters");
  const std::filesystem::path file = absolute(call.operands()[0]);
  if (access(file.c_str(), R_OK) != 0) {
    throw Error::die(fmt::format("xm restore: Unable to read file {}", file.string()));
  }
  xend.call("xend.domain.restore", {file.string(), call.has("paused")});
  return 0;
}

}  // namespace

std::vector<Command> checkpoint_commands() {
  return {
      {.name = "save",
       .usage = "[-c] <Domain> <CheckpointFile>",
       .description = "Writes the state of a domain to a file and ends the domain.",
       .words = {2, 3},
       .style = OptionStyle::kGnu,
       .options = {{'c', "checkpoint", "", "Let the domain run on afterwards"},
                   {0, "live", "", "With -c: let it run while its memory is copied, too", OptionSpec::kInFull}},
       .handler = save},
      {.name = "restore",
       .usage = "<CheckpointFile> [-p]",
       .description = "Creates a domain from the state in a file.",
       .words = {1, 2},
       .style = OptionStyle::kGnu,
       .options = {{'p', "paused", "", "Do not let the domain run yet"}},
       .handler = restore},
  };
}

}  // namespace xm
