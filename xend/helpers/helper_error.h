// What Helpers throw: the classic text, and the errno behind it, from which the daemon can tell more (how much room
// there is and how much was needed, after ENOSPC).
#pragma once

#include <exception>
#include <string>

#include "xend/error.h"

namespace xend {

class HelperError : public Error {
 public:
  // `command`: the command line; `reason`: a sentence. Text: "COMMAND failed\nREASON".
  HelperError(Kind kind, const std::string& command, const std::string& reason, int error_number = 0);

  int error_number() const { return error_number_; }     // 0: none
  const std::string& reason() const { return reason_; }  // the second line alone

 private:
  std::string reason_;
  int error_number_;
};

// Whether a save was given up because it would not have kept to its limits, by decision of xc_save (live_rounds.h).
bool gave_up(const std::exception& error);

}  // namespace xend
