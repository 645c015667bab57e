// serve: what `ssh HOST xm serve` runs at the far end of XM_SERVER=ssh://HOST/. Bytes go through unread.
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <system_error>

#include "rpc/file_descriptor.h"
#include "rpc/unix_address.h"
#include "xm/command.h"
#include "xm/report.h"
#include "xm/session.h"

namespace xm {
namespace {

// The daemon of this host, whatever XM_SERVER says; tests have a socket of their own.
std::string socket_path() {
  const char* path = std::getenv("XEND_XMLRPC_SOCKET");
  return path != nullptr ? path : "/var/run/xend/xmlrpc.sock";
}

// Throws rpc::ConnectionError.
rpc::FileDescriptor connected(const std::string& path) {
  const rpc::UnixAddress address(path);
  rpc::FileDescriptor fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!fd || connect(fd.get(), address.get(), address.size()) != 0) throw rpc::ConnectionError(errno, path);
  return fd;
}

// Copies what there is; false when one side has closed.
bool copy_some(int from, int to) {
  char buffer[16384];
  const ssize_t count = read(from, buffer, sizeof buffer);
  if (count < 0) return errno == EINTR || errno == EAGAIN;
  for (ssize_t done = 0; done < count;) {
    const ssize_t written = write(to, buffer + done, static_cast<std::size_t>(count - done));
    if (written < 0 && errno != EINTR) return false;
    done += written > 0 ? written : 0;
  }
  return count > 0;
}

int serve(Session&, const Call&) {
  const rpc::FileDescriptor xend = connected(socket_path());
  for (;;) {
    pollfd ends[] = {{STDIN_FILENO, POLLIN, 0}, {xend.get(), POLLIN, 0}};
    if (poll(ends, 2, -1) < 0) {
      if (errno == EINTR) continue;
      throw std::system_error(errno, std::generic_category(), "poll");
    }
    // What xend has to say comes first: it may be the answer to the last thing that stdin had.
    if (ends[1].revents != 0 && !copy_some(xend.get(), STDOUT_FILENO)) return 0;
    if (ends[0].revents != 0 && !copy_some(STDIN_FILENO, xend.get())) return 0;
  }
}

}  // namespace

std::vector<Command> serve_commands() {
  return {{.name = "serve",
           .usage = "",
           .description = "Relays calls from standard input to xend.",
           .words = exactly(0),
           .handler = serve}};
}

}  // namespace xm
