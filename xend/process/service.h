// What the process of xend runs: the daemon, or in tests something that only says that it was asked.
#pragma once

#include <functional>
#include <memory>

#include "xend/config/options.h"

namespace xend {

class Service {
 public:
  virtual ~Service() = default;
  virtual void start() = 0;                  // throws Error; everything is ready when it returns
  virtual void reload(Options options) = 0;  // throws Error
  virtual void stop() = 0;
};

// Called in the process that is to do the work, after the last fork. Throws Error.
using MakeService = std::function<std::unique_ptr<Service>(Options)>;

}  // namespace xend
