// One run of a helper program, seen from the daemon: started, talked to, cancelled, buried, and what went wrong put
// into words. What the programs say is in build_program.h, save_program.h and restore_program.h.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "sxp/value.h"
#include "xend/helpers/child_process.h"
#include "xend/helpers/conversation.h"
#include "xend/helpers/helper_error.h"
#include "xend/helpers/helpers.h"

namespace xend {

class HelperRun {
 public:
  // What happens to the program when the run is cancelled.
  enum class OnCancel {
    kKill,         // at once
    kAskThenKill,  // it is told (abort) and has five seconds to put in order what it does
  };

  // Starts `path` with `arguments`, `fd` (or -1) as descriptor 3, and sends the request. Throws HelperError.
  HelperRun(const std::string& path, const std::vector<std::string>& arguments, int fd, const sxp::Value& request,
            const Cancellation& cancel, OnCancel on_cancel = OnCancel::kKill);

  // The next thing the program says. Throws HelperError with its reason when that is an error, when it ends without
  // one, and when the run is cancelled, in which case the program is gone by then.
  sxp::Value hear();
  void say(const sxp::Value& value);

  // Takes the result over and waits for the program's end. Throws HelperError.
  void finish();

  // The error of this run with a reason of the caller's own.
  HelperError failure(const std::string& reason, int error_number = 0, Error::Kind kind = Error::Kind::kGeneric) const;

 private:
  enum class Ready { kConversation, kErrors, kCancelled, kTimeOut };

  // `cancellable`: wakes up when the run is cancelled too. `milliseconds`: -1: no limit.
  Ready wait_for_something(bool cancellable, int milliseconds);
  [[noreturn]] void end_cancelled();
  void read_errors();
  void log_line(const std::string& line);
  [[noreturn]] void fail_with(const sxp::Value& error);
  [[noreturn]] void fail_without_a_word();

  std::string command_, name_;
  const Cancellation& cancel_;
  const OnCancel on_cancel_;
  std::unique_ptr<ChildProcess> child_;
  std::unique_ptr<Conversation> conversation_;
  std::string unfinished_line_, last_line_;  // of stderr
  bool errors_ended_ = false;
};

}  // namespace xend
