// dry-run: whether the labels of a guest file and of its disks let it be created (spec guest-config 8). Without a
// policy in force all is permitted, but the file must be a good one.
#include <fmt/format.h>

#include "xm/command.h"
#include "xm/commands/guest_words.h"
#include "xm/error.h"
#include "xm/report.h"
#include "xm/session.h"

namespace xm {
namespace {

constexpr int kFlask = 2;  // in answers of xend.security.get_xstype

bool is_labeled(const sxp::Value& config) {
  return sxp::child(config, "security") != nullptr;
}

int dry_run(Session& xend, const Call& call) {
  const bool one_file =
      call.words.size() == 1 && call.words[0].find('=') == std::string::npos && !call.words[0].starts_with('-');
  if (!one_file) throw Error::option_error("Invalid number of arguments");
  const std::optional<Guest> guest = read_guest_file(call.words[0]);
  if (!guest) return 0;
  if (is_labeled(guest->config) && xend.call("xend.security.get_xstype", {}) != rpc::Value(kFlask)) {
    print(fmt::format("Checking domain:\n   {}: DENIED\n   --> Security off, but domain labeled\n", guest->name));
    print("Checking resources: (skipped)\nDry Run: FAILED\n");
    return 255;
  }
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
