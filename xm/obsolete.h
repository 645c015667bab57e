// Calls for what today's Xen, kernels or daemons have no more: the server's own answer is what scripts see, and a
// person at a terminal is told since when and what there is instead (spec xm-cli 5).
#pragma once

#include <string>

#include "xm/session.h"

namespace xm {

// As Session::call; a fault, unless it is about an unknown domain, becomes an Error with `advice`.
rpc::Value call_obsolete(Session& xend, const std::string& method, const rpc::Array& params, const std::string& advice);

}  // namespace xm
