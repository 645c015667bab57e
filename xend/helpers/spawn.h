// Starting a program with exactly the descriptors it is given, all signals at their defaults, and nothing else that
// the daemon has open.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

namespace xend {

struct SpawnOrder {
  std::string path;
  std::vector<std::string> arguments;  // without argv[0], which is `path`
  // NAME=VALUE; nothing: the daemon's own.
  std::optional<std::vector<std::string>> environment;
  // The first becomes descriptor 0, the second 1, and so on; they stay the caller's. -1: /dev/null.
  std::vector<int> descriptors;
  // If set: descriptors 0 to 2 are this terminal, which becomes the controlling one of the program's own session.
  std::string terminal;
  std::string folder = "/";
  bool own_session = false;  // false: a process group of its own in the daemon's session
};

// Returns the pid, which the caller has to wait for. Throws std::system_error naming `path`.
pid_t spawn(const SpawnOrder& order);

}  // namespace xend
