// An XML-RPC fault, as thrown by a client's call and by a server's method. Codes: spec protocols 3.3.
#pragma once

#include <stdexcept>
#include <string>

namespace rpc {

enum class FaultCode : int { kInternal = 1, kGeneric = 2, kInvalidDomain = 3 };

class Fault : public std::runtime_error {
 public:
  Fault(FaultCode code, const std::string& text) : Fault(static_cast<int>(code), text) {}
  Fault(int code, const std::string& text) : std::runtime_error(text), code_(code) {}
  int code() const { return code_; }

 private:
  int code_;
};

}  // namespace rpc
