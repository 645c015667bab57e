// Serves XML-RPC over HTTP on a listening socket, a thread per connection with deadlines and limits.
// It does not know the methods; who may connect is decided by the socket (its directory, or the address it listens on).
// What it speaks: spec protocols 3.1 to 3.3.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "rpc/fault.h"
#include "rpc/value.h"

namespace rpc {

// Who called, for methods that take long.
struct Caller {
  int connection = -1;  // poll shows POLLRDHUP when the caller has gone, or the server stops; not to be read or written
};

// Calls the method and returns its result; a Fault thrown becomes a fault response, anything else fault 1 with its text
// and a line in the log. A method that does not exist returns unknown_method(). Called from many threads at once.
using Dispatcher = std::function<Value(const std::string& method, const Array& params, const Caller& caller)>;

// One line for the log; level as in the classic log (DEBUG, INFO, WARNING, ERROR). Called from many threads at once.
using LogLine = std::function<void(const char* level, const std::string& text)>;

// A request beyond them is refused with an HTTP error and a line in the log, and its connection closed.
struct ServerLimits {
  std::size_t request_bytes = 8 * 1024 * 1024;
  std::size_t header_bytes = 16 * 1024;
  unsigned connections = 64;      // when all are in use, the longest idle is closed; without an idle one, clients wait
  unsigned request_seconds = 30;  // for a request to arrive whole, once its first byte is there; and for the client to
                                  // take each 64 KiB of the answer
  unsigned idle_seconds = 600;    // connection without a request
};

class Server {
 public:
  // Takes over `listening_fd` (a bound, listening stream socket) and begins to serve. `name` is used in log lines.
  // Throws std::system_error when there are no descriptors or threads left.
  Server(int listening_fd, std::string name, Dispatcher dispatch, LogLine log, ServerLimits limits = {});
  ~Server();  // stop()
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Stops accepting, closes idle connections, lets running calls finish and joins their threads. Returns when all that
  // is done; not to be called from within a method. A second call does nothing.
  void stop();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// Binds and listens on the unix stream socket `path`. Its directory is created 0700, and chmod'ed to it when it exists;
// a stale socket is removed first (spec protocols 3.1). Returns the descriptor, which the caller owns. Throws
// std::system_error: EADDRINUSE when a process answers on the socket, EEXIST when `path` is not a socket.
int listen_unix(const std::string& path);

// Binds and listens on TCP ADDRESS:PORT. `address` is a name or a number; "" is every IPv4 address (as classic; "::" is
// every address of both kinds). `port` 0 lets the system choose one. SO_REUSEADDR. Returns the descriptor, which the
// caller owns. Throws std::system_error.
int listen_tcp(const std::string& address, unsigned port);

}  // namespace rpc
