// A log file for one run of a program: the logs of the runs before are kept beside it as FILE.1, FILE.2 and so on.
#pragma once

#include <string>

#include "xend/helpers/descriptor.h"

namespace xend {

// Renames what is there, drops the oldest beyond `old_logs`, and opens `path` anew, for appending, mode 0600. Throws
// std::system_error.
Descriptor open_rotated_log(const std::string& path, unsigned old_logs);

// The last `lines` lines of a log, at most 4 KiB of it, control characters replaced; "" when it cannot be read.
std::string end_of_log(const std::string& path, unsigned lines);

}  // namespace xend
