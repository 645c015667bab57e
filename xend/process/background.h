// Going into the background (spec domain-lifecycle 1.2, steps 1 to 3): the caller of `xend start` waits at a pipe until
// the daemon is ready, a monitor stands between them and restarts a worker that was killed by a signal.
#pragma once

#include <functional>
#include <string>

#include "rpc/file_descriptor.h"

namespace xend {

// How a daemon tells the one who started it that it is ready, or why it is not.
class ReadinessPipe {
 public:
  ReadinessPipe();  // throws Error

  // The daemon's side. Only the first call counts.
  void ready();
  void failed(const std::string& why);

  // The caller's side, after the fork: blocks. Returns "" when the daemon is ready, otherwise a sentence.
  std::string wait();

 private:
  void report(const std::string& text);

  rpc::FileDescriptor read_, write_;
};

// Leaves the session of the caller by two forks. Returns false in the caller, true in the new process. Throws Error.
// The caller must have no other threads.
bool detach();

// Connects stdin and stdout to /dev/null and stderr to the file `debug_log`; stdout too when `stdout_too`.
// Throws Error `Xend failed to open FILE.  Exiting!`.
void redirect_output(const std::string& debug_log, bool stdout_too);

// Runs `worker` in a child process and returns its exit status. A worker that dies from a signal is started again;
// SIGINT and SIGTERM end it and give 0, and so do not count as dying. Signals TERM, INT and HUP sent to this process go
// on to the worker. Gives up, with 1, on a worker that keeps dying within seconds.
int monitor(const std::function<int()>& worker);

}  // namespace xend
