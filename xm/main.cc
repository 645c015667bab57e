// xm: the command line client of xend.
#include <csignal>
#include <cstdio>
#include <string>
#include <vector>

#include "xm/dispatch.h"

int main(int argc, char** argv) {
  std::signal(SIGINT, SIG_DFL);  // ^C ends the client, whatever the caller's shell had set; xend goes on
  xm::Session xend(xm::server_uri());
  const int status = xm::run(std::vector<std::string>(argv + (argc > 0 ? 1 : 0), argv + argc), xend);
  if (std::fflush(stdout) != 0 && status == 0) {
    std::perror("xm: writing the output");
    return 1;
  }
  return status;
}
