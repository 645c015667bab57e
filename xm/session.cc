#include "xm/session.h"

#include <cstdlib>

#include <fmt/format.h>

namespace xm {
namespace {

// The Xen-API way of answering an unknown method, which xend uses for every server (spec protocols 3.3).
bool is_unknown_method(const rpc::Value& result) {
  const rpc::Value* status = result.member("Status");
  const rpc::Value* error = result.member("ErrorDescription");
  return status != nullptr && *status == rpc::Value("Failure") && error != nullptr && error->is_array() &&
         !error->as_array().empty() && error->as_array().front() == rpc::Value("MESSAGE_METHOD_UNKNOWN");
}

}  // namespace

std::string server_uri() {
  const char* uri = std::getenv("XM_SERVER");
  return uri != nullptr && *uri != '\0' ? uri : "httpu:///var/run/xend/xmlrpc.sock";
}

rpc::Value Session::call(const std::string& name, const rpc::Array& params) {
  if (!client_) client_ = std::make_unique<rpc::Client>(uri_);
  rpc::Value result = client_->call(name, params);
  if (is_unknown_method(result)) {
    throw rpc::Fault(rpc::FaultCode::kGeneric, fmt::format("method \"{}\" is not supported", name));
  }
  return result;
}

}  // namespace xm
