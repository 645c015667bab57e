// The words of `xm create` and its relatives: options, the name of a guest file, settings. From them comes the
// configuration for xend (spec guest-config 1).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sxp/value.h"
#include "xm/command.h"

namespace xm {

struct Guest {
  sxp::Value config;  // (vm ...)
  std::string name;
  bool paused = false;
  bool quiet = false;
  bool dry_run = false;
  bool console = false;
  bool viewer = false;  // vncconsole: a viewer is to show its screen
  bool viewer_autopass = false;
};

// The options of `xm create`.
std::vector<OptionSpec> guest_options();

// What the words ask for; nothing when all is said with the help that was printed or the file is XML, which is for
// Xen-API clients. Prints which file is used. Throws Error.
std::optional<Guest> read_guest(const Call& call);

// What the guest file called `name`, looked for in the usual places, asks for; nothing when it is XML.
// Prints which file is used. Throws Error.
std::optional<Guest> read_guest_file(const std::string& name);

}  // namespace xm
