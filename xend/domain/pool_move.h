// A domain moves from one CPU pool to another (spec xm-cli 2.4).
#pragma once

#include <string>

#include "xend/domain/host.h"

namespace xend {

// `domain`: as clients name one. One that does not run is to be started in `pool`. Throws Error: `unknown pool P`,
// `unknown domain D`, `could not move Domain-0`, `could not move domain`.
void move_to_pool(Host& host, const std::string& domain, const std::string& pool);

}  // namespace xend
