// create -c and start -c: this process becomes the console of the domain, so that the shell waits for it, while a child
// does what brings the domain about.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "xm/command.h"

namespace xm {

using TellDomid = std::function<void(std::int64_t)>;

// Runs `work` in the child, with a connection of its own; it tells the id as soon as it knows it. The domain is looked
// for by `name` as well: a boot loader's menu is on the console before it is made. Becomes the console when there is a
// domain; otherwise returns the child's exit status.
int run_beside_console(Session& xend, const Call& call, const std::string& name,
                       const std::function<void(Session& own, const TellDomid& tell)>& work);

}  // namespace xm
