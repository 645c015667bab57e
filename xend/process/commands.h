// The commands of xend(8): start, stop, reload, restart, status (spec domain-lifecycle 1.1). Each returns the exit
// status of the program and prints what the person at the keyboard is to know; success is silent.
#pragma once

#include <string>

#include "xend/process/service.h"

namespace xend {

struct CommandSettings {
  std::string pid_file = "/var/run/xend.pid";
  std::string config_file;
  std::string default_log = Options().logfile;  // for what goes wrong before `logfile` is known
  bool foreground = false;                      // no fork: for systemd and for debugging
  bool debug = false;                           // copy the log to stderr (XEND_DEBUG)
  bool trace = false;                           // log down to TRACE
  bool may_delegate = false;  // nothing here is special to the caller: systemd may start the daemon just as well
};

// 0: running, now or already; in the foreground 0 once it has been stopped. 1: it did not start.
int start(const CommandSettings& settings, const MakeService& make_service);

// Waits until the daemon is gone. 0: it is not running (any more). 1: it does not stop.
int stop(const CommandSettings& settings);

// The configuration is checked first: with a bad one the old daemon stays, and the status is 1.
int restart(const CommandSettings& settings, const MakeService& make_service);
int reload(const CommandSettings& settings);

// 0: running, 3: not running. Needs no configuration.
int status(const CommandSettings& settings);

// Prints what is wrong with a configuration file and what is odd about it. 1: it is wrong, or not there.
int check_config(const std::string& file);

}  // namespace xend
