// QEMU's machine protocol: one command after another on the device model's socket, with a deadline for each. What QEMU
// answers is hostile: it serves a guest that may have taken it over.
#pragma once

#include <chrono>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "xend/helpers/descriptor.h"

namespace xend {

class Qmp {
 public:
  // Connects to the socket `path` and exchanges greetings. `limit` is for that and for each command. Throws Error.
  Qmp(const std::string& path, std::chrono::milliseconds limit);
  ~Qmp();

  // What `command` returns. Throws Error with QEMU's description when it refuses, and when there is no answer in time,
  // one of more than 1 MiB, or one that is not the protocol.
  nlohmann::json command(const std::string& command, const nlohmann::json& arguments);
  nlohmann::json command(const std::string& command);

 private:
  using Clock = std::chrono::steady_clock;

  nlohmann::json hear(Clock::time_point deadline);
  void say(const nlohmann::json& message, Clock::time_point deadline);
  void wait(short event, Clock::time_point deadline);

  std::string path_;
  std::chrono::milliseconds limit_;
  Descriptor socket_;
  std::string received_;
};

}  // namespace xend
