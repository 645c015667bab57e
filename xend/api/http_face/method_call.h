// How the SXP interface calls the methods of XML-RPC.
#pragma once

#include <string>

#include "rpc/http_server.h"
#include "rpc/value.h"
#include "xend/domain/host.h"

namespace xend {

// Calls a method as a client would. Throws Error; also when this release has no such method.
rpc::Value call_method(Host& host, const std::string& method, const rpc::Array& params, const rpc::Caller& caller);

}  // namespace xend
