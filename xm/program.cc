#include "xm/program.h"

#include <csignal>
#include <cstdio>
#include <vector>

#include "xm/dispatch.h"

namespace xm {

int run_program(int argc, char** argv, std::string uri) {
  std::signal(SIGINT, SIG_DFL);  // ^C ends the client, whatever the caller's shell had set; xend goes on
  Session xend(std::move(uri));
  const int status = run(std::vector<std::string>(argv + (argc > 0 ? 1 : 0), argv + argc), xend);
  if (std::fflush(stdout) != 0 && status == 0) {
    std::perror("xm: writing the output");
    return 1;
  }
  return status;
}

}  // namespace xm
