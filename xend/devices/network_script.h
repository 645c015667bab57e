// The script of `network-script`, which prepares the host's bridges when the daemon starts (spec xend-config 4.4).
// Guests' interfaces are not its business: vif.h.
#pragma once

#include "xend/config/options.h"
#include "xend/devices/script_runner.h"

namespace xend {

// Runs it and waits for its end, for as long as device-create-timeout at most. What goes wrong is a matter for the log
// alone: the bridges may be there without it. Does nothing when none is named.
void run_network_script(const Options& options, ScriptRunner& scripts);

}  // namespace xend
