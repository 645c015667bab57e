// What stands before the memory in a save file and in a migration stream: signature, length, configuration (spec
// protocols section 2). The memory behind it belongs to the helper programs.
#pragma once

#include <string>

#include "sxp/value.h"

namespace xend {

inline constexpr char kSignature[] = "LinuxGuestRecord";  // 16 bytes; boot scripts look for them

// Signature, big-endian length and one-line text of `config`.
std::string container_head(const sxp::Value& config);

// Reads exactly the head from `fd`, not a byte of what follows, and parses the configuration. Throws Error with the
// texts of spec protocols 2.4. A blocking read on a socket ends with the socket's own time limits.
sxp::Value read_container_head(int fd);

}  // namespace xend
