// A frontend's directory as a list, for clients. The guest owns it: what it can put there is bounded.
#pragma once

#include <string>

#include "libxc-wrap/store.h"
#include "sxp/value.h"

namespace xend {

// ((KEY VALUE) (KEY ((KEY VALUE) ...)) ...): a node with children stands for them, as in the original. Long values,
// deep directories and what exceeds some hundred nodes are left out. Throws xc::Error.
sxp::List frontend_tree(xc::Store& store, const std::string& path);

}  // namespace xend
