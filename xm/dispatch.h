// From the words of a command line to the exit status: which command is meant, whether its words are right, running it
// (spec xm-cli 1.2 and 1.3).
#pragma once

#include <string>
#include <vector>

#include "xm/session.h"

namespace xm {

// Runs `xm WORDS...`. Everything that goes wrong has been reported when it returns.
int run(const std::vector<std::string>& words, Session& xend);

// Runs WORDS, of which there is one at least, as a line of `xm shell`: nothing is intercepted, and the exit status is
// nobody's. False when there is no such command, which has not been reported.
bool run_in_shell(const std::vector<std::string>& words, Session& xend);

}  // namespace xm
