// dry-run: whether the labels of a guest file and of its disks let it be created (spec guest-config 8). Without a
// policy in force all is permitted, but the file must be a good one.
#include <fmt/format.h>

#include "xm/command.h"
#include "xm/commands/guest_words.h"
#include "xm/error.h"
#include "xm/report.h"

namespace xm {
namespace {

int dry_run(Session&, const Call& call) {
  const bool one_file =
      call.words.size() == 1 && call.words[0].find('=') == std::string::npos && !call.words[0].starts_with('-');
  if (!one_file) throw Error::option_error("Invalid number of arguments");
  const std::optional<Guest> guest = read_guest_file(call.words[0]);
  if (!guest) return 0;
  print(fmt::format("Checking domain:\n   {}: PERMITTED\nChecking resources:\n", guest->name));
  for (const sxp::Value* device : sxp::children_named(guest->config, "device")) {
    const sxp::Value* disk = sxp::child(*device, "vbd");
    if (disk != nullptr) print(fmt::format("   {}: PERMITTED\n", sxp::child_text(*disk, "uname").value_or("")));
  }
  print("Dry Run: PASSED\n");
  return 0;
}

}  // namespace

std::vector<Command> dry_run_commands() {
  return {{.name = "dry-run",
           .usage = "<ConfigFile>",
           .description = "Tells whether the policy lets a domain use its resources.",
           .handler = dry_run}};
}

}  // namespace xm
