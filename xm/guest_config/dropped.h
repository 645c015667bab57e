// Values that a guest file sets a variable to and that have never had an effect: True, tuples and the like
// (spec guest-config 2.3). Their effect stays nothing; the person is told.
#pragma once

#include <string>
#include <vector>

#include "xm/guest_config/variables.h"

namespace xm::guest_config {

// A sentence for each variable of the file at `path` whose value is dropped. `names` is what the file has set; what the
// command line has set does not count, nor do variables that xm does not know and None, which says that one is unset.
std::vector<std::string> dropped_values(const std::string& path, const Namespace& names, const Settings& settings);

}  // namespace xm::guest_config
