// The process that does the work, from its first log line to its last: starts the service, says that it is ready, and
// waits for signals (spec domain-lifecycle 1.2 step 4, 1.3).
#pragma once

#include <functional>
#include <string>

#include "xend/process/service.h"

namespace xend {

struct WorkerSettings {
  std::string pid_file;
  std::string config_file;              // read again on SIGHUP
  std::function<void()> ready = [] {};  // called once, when the service is up
  std::function<void(const std::string& why)> failed = [](const std::string&) {};  // or once when it does not come up
};

// Runs until SIGTERM or SIGINT. Returns the exit status: 0, or 1 when the service did not start. On SIGHUP the
// configuration is read again; when that fails the old one stays and the log says why. The open log is used.
// The calling process must have no other threads.
int run_worker(const WorkerSettings& settings, const Options& options, const MakeService& make_service);

}  // namespace xend
