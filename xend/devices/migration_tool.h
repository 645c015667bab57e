// The program of `external-migration-tool`: it is told, step by step, about each device of a domain that is being saved
// or moved, may refuse, and may move what belongs to the device by itself (spec xend-config 4.3).
#pragma once

#include <string>
#include <vector>

#include "xend/devices/script_runner.h"

namespace xend {

class MigrationTool {
 public:
  // What the tool is told of the domain.
  struct Subject {
    std::string name;                  // the domain's
    std::vector<std::string> devices;  // their classes, one entry for each device
    std::string destination;           // a host, or the path of the image
  };

  enum Step { kTest = 0, kBefore = 1, kSuspended = 2, kSuspendedToo = 3 };

  // `program` "" stands for none: no step does anything then. PCI devices and USB are not asked about: whether they may
  // go is decided without it.
  MigrationTool(ScriptRunner& scripts, std::string program, Subject subject);
  // Unless done() was called: each step taken is taken back, with -recover, the last one first.
  ~MigrationTool();
  MigrationTool(const MigrationTool&) = delete;
  MigrationTool& operator=(const MigrationTool&) = delete;

  // Runs the tool once for each device. `stop` becomes readable when it is to be killed. Throws Error with the classic
  // `Migration tool returned N`.
  void take(Step step, int stop);

  // The domain is where it was to go.
  void done() { taken_.clear(); }

 private:
  struct Taken {
    Step step;
    std::string device;
  };

  ScriptResult run(Step step, const std::string& device, bool recover, int stop);

  ScriptRunner& scripts_;
  const std::string program_;
  Subject subject_;
  std::vector<Taken> taken_;
};

}  // namespace xend
