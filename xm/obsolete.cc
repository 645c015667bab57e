#include "xm/obsolete.h"

#include "xm/error.h"

namespace xm {

rpc::Value call_obsolete(Session& xend, const std::string& method, const rpc::Array& params,
                         const std::string& advice) {
  try {
    return xend.call(method, params);
  } catch (const rpc::Fault& fault) {
    if (fault.code() == static_cast<int>(rpc::FaultCode::kInvalidDomain)) throw;
    throw Error::fault(fault.what()).with_advice(advice);
  }
}

}  // namespace xm
