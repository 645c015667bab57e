// xm: the command line client of xend. Leaves what needs TLS to xm-https.
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "rpc/tls.h"
#include "xm/program.h"
#include "xm/session.h"

namespace rpc {

// In place of the real one, whose libraries this program is without.
std::unique_ptr<Stream> start_tls(std::unique_ptr<Stream>, const std::string&) {
  throw TlsError("xm was not to speak TLS by itself.");
}

}  // namespace rpc

namespace {

constexpr char kWithTls[] = LIBEXECDIR "/xm-https";

}  // namespace

int main(int argc, char** argv) {
  std::string uri = xm::server_uri();
  if (!uri.starts_with("https:")) return xm::run_program(argc, argv, std::move(uri));
  ::execv(kWithTls, argv);
  std::fprintf(stderr, "Error: %s, which xm needs for %s, cannot be run: %s. Is xm installed completely?\n", kWithTls,
               uri.c_str(), std::strerror(errno));
  return 1;
}
