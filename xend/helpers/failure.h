// What the helper programs throw; becomes their last line, (error (errno N) "REASON"). The daemon's own xend::Error is
// not theirs: they are linked without the daemon.
#pragma once

#include <stdexcept>
#include <string>

namespace xend {

class Failure : public std::runtime_error {
 public:
  // `reason` is a sentence; `error` the errno behind it, 0 when there is none.
  explicit Failure(const std::string& reason, int error = 0) : std::runtime_error(reason), error_(error) {}
  int error() const { return error_; }

 private:
  int error_;
};

// "WHAT: STRERROR"
Failure system_failure(const std::string& what, int error);

}  // namespace xend
