// The words of `xm cpupool-create` and `xm cpupool-new`, and the files that they name: the same language as guest
// files, with variables of their own (spec xm-cli 2.4).
#pragma once

#include <optional>
#include <vector>

#include "sxp/value.h"
#include "xm/command.h"

namespace xm {

std::vector<OptionSpec> pool_options();

// `(pool (name_label ...) ...)` as the words ask for it; nothing when all is done with what was printed. Prints which
// file is used. Throws Error.
std::optional<sxp::Value> read_pool(const Call& call);

}  // namespace xm
