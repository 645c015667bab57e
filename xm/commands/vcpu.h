// What `xm list -v` shares with `xm vcpu-list`.
#pragma once

#include <string>
#include <vector>

#include "xm/command.h"

namespace xm {

// Prints the table of the virtual processors of the domains named, or of all domains. Returns the exit status.
int list_vcpus(Session& xend, const std::vector<std::string>& operands);

}  // namespace xm
