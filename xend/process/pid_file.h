// /var/run/xend.pid: the pid of the one running xend (spec domain-lifecycle 1.1). The file is locked for as long as
// that process lives, so that a pid that was left behind, and perhaps belongs to somebody else by now, is never
// mistaken for it.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

#include "rpc/file_descriptor.h"

namespace xend {

class PidFile {
 public:
  // Writes the pid of this process into `path` and locks it. Throws Error when another process holds it.
  explicit PidFile(std::string path);
  ~PidFile();  // removes the file
  PidFile(const PidFile&) = delete;
  PidFile& operator=(const PidFile&) = delete;

 private:
  std::string path_;
  rpc::FileDescriptor file_;
};

// The pid of the process that holds `path`; none when no process does. A file that was left behind is removed.
std::optional<pid_t> running_pid(const std::string& path);

}  // namespace xend
