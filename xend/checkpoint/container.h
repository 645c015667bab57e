// What stands before the memory in a save file and in a migration stream: signature, length, configuration (spec
// protocols section 2). The memory behind it belongs to the helper programs.
#pragma once

#include <cstdint>
#include <string>

#include "sxp/value.h"

namespace xend {

inline constexpr char kSignature[] = "LinuxGuestRecord";  // 16 bytes; boot scripts look for them

// Signature, big-endian length and one-line text of `config`.
std::string container_head(const sxp::Value& config);

struct ContainerHead {
  sxp::Value config;
  std::uint64_t checksum = 0;  // the head_checksum that an image of ours knows it by
  std::uint64_t bytes = 0;     // from the first one of the signature to the last one of the configuration
};

// Reads exactly the head from `fd`, not a byte of what follows, and parses the configuration. Throws Error with the
// texts of spec protocols 2.4. A blocking read on a socket ends with the socket's own time limits.
ContainerHead read_container_head(int fd);

}  // namespace xend
