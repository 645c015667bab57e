// A program that runs for one operation: started with nothing but three descriptors and, where it needs one, a fourth;
// killed and reaped when its owner goes away.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "xend/helpers/descriptor.h"

namespace xend {

class ChildProcess {
 public:
  static constexpr int kExtraDescriptor = 3;  // what `extra` is called in the child

  // Runs `path` with `arguments` (argv[0] is `path`), in a process group of its own, all signals at their defaults.
  // Its stdin and stdout are one socket, conversation() is the other end; stderr is a pipe, errors() the other end.
  // `extra` stays the caller's; -1: none. Nothing else that the caller has open reaches the child.
  // Throws std::system_error when it cannot be started.
  ChildProcess(const std::string& path, const std::vector<std::string>& arguments, int extra);
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  pid_t pid() const { return pid_; }
  int conversation() const { return conversation_.get(); }
  int errors() const { return errors_.get(); }

  void kill();  // SIGKILL; wait() is still needed
  // Waits until it has ended and returns its status as waitpid(2) does.
  int wait();

 private:
  pid_t pid_ = -1;  // -1: reaped
  int status_ = 0;
  Descriptor conversation_, errors_;
};

}  // namespace xend
