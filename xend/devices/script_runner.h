// Runs one hotplug script and waits for its end. An interface, so that tests can bring scripts that answer as they
// like; ProcessScriptRunner runs the real ones.
#pragma once

#include <chrono>
#include <map>
#include <string>
#include <vector>

namespace xend {

struct ScriptCall {
  std::string path;
  std::vector<std::string> arguments;              // without the program's own name
  std::map<std::string, std::string> environment;  // all of it
  int stop = -1;        // a file that becomes readable when the script is to be killed; -1: none
  bool hurried = true;  // false: nobody waits for it, and what else this host has to do goes first
};

struct ScriptResult {
  int status = 0;          // exit status; 128 + signal when one ended it
  bool timed_out = false;  // it was killed because it did not end in time, or was to be stopped
  std::string output;      // stdout and stderr; the beginning of it when it is very long
};

class ScriptRunner {
 public:
  virtual ~ScriptRunner() = default;

  // Several threads may run scripts at once. Throws Error when the script cannot be started.
  virtual ScriptResult run(const ScriptCall& call, std::chrono::milliseconds limit) = 0;
};

// Executes the script itself -- no shell sees foreign strings -- in a process group of its own, in "/", with /dev/null
// as stdin and no other file of the daemon open. When `limit` has passed the whole group is killed; what a script that
// ended in time left running in the background goes on.
class ProcessScriptRunner : public ScriptRunner {
 public:
  ScriptResult run(const ScriptCall& call, std::chrono::milliseconds limit) override;
};

}  // namespace xend
