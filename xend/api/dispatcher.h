// Finds the method that a client calls and turns what it throws into the classic faults (spec protocols 3.3).
#pragma once

#include <string>

#include "rpc/server.h"
#include "rpc/value.h"
#include "xend/domain/host.h"

namespace xend {

// Calls `method`. Throws rpc::Fault; an unknown method is not a fault but rpc::unknown_method().
rpc::Value dispatch(Host& host, const std::string& method, const rpc::Array& params, const rpc::Caller& caller);

}  // namespace xend
