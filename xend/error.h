// The one error type of the daemon: a sentence for the person at the keyboard and a kind, from which the fault code of
// an answer (spec protocols 3.3) and the exit status of a command follow. Everything that can fail throws this.
#pragma once

#include <stdexcept>
#include <string>

namespace xend {

class Error : public std::runtime_error {
 public:
  enum class Kind {
    kGeneric,        // a request that cannot be done: fault 2
    kInvalidDomain,  // there is no such domain: fault 3
    kInternal,       // a fault of the daemon itself: fault 1
    kConnection,     // the other end of a connection failed or is not there: fault 2
  };

  // `text` names what failed, on which object, why with the numbers, and what to do about it.
  Error(Kind kind, const std::string& text);
  explicit Error(const std::string& text);  // kGeneric

  Kind kind() const { return kind_; }

 private:
  Kind kind_;
};

}  // namespace xend
