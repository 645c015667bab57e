// What the Xen libraries' failures become.
#pragma once

#include <stdexcept>
#include <string>

namespace xc {

// what(): "CALL: STRERROR (ERRNO)", followed by the library's own lines when it logged any, joined by "; ".
class Error : public std::runtime_error {
 public:
  Error(std::string call, int error, const std::string& library_log = "");
  const std::string& call() const { return call_; }  // for example "xc_domain_create"
  int error() const { return error_; }               // errno; 0 when the library gave none

 private:
  std::string call_;
  int error_;
};

}  // namespace xc
