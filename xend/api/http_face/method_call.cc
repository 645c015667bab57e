#include "xend/api/http_face/method_call.h"

#include <fmt/format.h>

#include "rpc/fault.h"
#include "xend/api/dispatcher.h"
#include "xend/error.h"

namespace xend {

rpc::Value call_method(Host& host, const std::string& method, const rpc::Array& params, const rpc::Caller& caller) {
  try {
    rpc::Value result = dispatch(host, method, params, caller);
    if (result == rpc::unknown_method(method))
      throw Error(fmt::format("This release of xend does not have the method {} yet.", method));
    return result;
  } catch (const rpc::Fault& fault) {
    if (fault.code() == static_cast<int>(rpc::FaultCode::kInvalidDomain))
      throw Error(Error::Kind::kInvalidDomain, fmt::format("Domain '{}' does not exist.", fault.what()));
    throw Error(fault.what());
  }
}

}  // namespace xend
