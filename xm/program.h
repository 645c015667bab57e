// The program xm, but for what it is linked with: xm itself is without TLS, because the loading of that takes as long as
// all else that most commands do; xm-https, in the folder of the helpers, is with it.
#pragma once

#include <string>

namespace xm {

// Carries out the words of the command line, with the xend at `uri`; returns the exit status.
int run_program(int argc, char** argv, std::string uri);

}  // namespace xm
