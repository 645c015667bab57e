// The daemon's work, put together: what it stands on, the domains it knows, and the servers through which it is asked.
// How the process is started and stopped is xend/process.
#pragma once

#include <memory>

#include "xend/config/options.h"

namespace xend {

class Daemon {
 public:
  explicit Daemon(Options options);
  ~Daemon();  // stop()
  Daemon(const Daemon&) = delete;
  Daemon& operator=(const Daemon&) = delete;

  // Finds the running domains and opens every listener. All are ready when it returns. Throws Error.
  void start();

  // Starts the servers anew with other options; domains and what is being done with them go on (spec xend-config 1.1).
  // Throws Error.
  void reload(Options options);

  // Closes the listeners, lets calls that are going on finish, breaks off what is being received. Domains run on.
  void stop();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace xend
