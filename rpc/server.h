// Serves XML-RPC over HTTP on a listening socket, a thread per connection with deadlines and limits.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "rpc/fault.h"
#include "rpc/value.h"

namespace rpc {

// Calls the method and returns its result; a Fault thrown becomes a fault response, anything else fault 1.
// Called from many threads at once.
using Dispatcher = std::function<Value(const std::string& method, const Array& params)>;

// One line for the log; level as in the classic log (DEBUG, INFO, WARNING, ERROR).
using LogLine = std::function<void(const char* level, const std::string& text)>;

struct ServerLimits {
  std::size_t request_bytes = 8 * 1024 * 1024;
  std::size_t header_bytes = 16 * 1024;
  unsigned connections = 64;      // more wait in the backlog
  unsigned request_seconds = 30;  // for a request to arrive whole, once its first byte is there
  unsigned idle_seconds = 600;    // kept-alive connection without a request
};

class Server {
 public:
  // Takes over `listening_fd` (a bound, listening stream socket). `name` is used in log lines.
  Server(int listening_fd, std::string name, Dispatcher dispatch, LogLine log, ServerLimits limits = {});
  ~Server();  // stop()
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Stops accepting, closes idle connections, lets running calls finish and joins their threads.
  void stop();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// Binds and listens on a unix stream socket: directory of `path` created 0700 (and chmod'ed to it), a stale socket
// removed first (spec protocols 3.1). Returns the descriptor. Throws std::system_error.
int listen_unix(const std::string& path);

// Binds and listens on TCP ADDRESS:PORT; "" = every address. SO_REUSEADDR. Throws std::system_error.
int listen_tcp(const std::string& address, unsigned port);

}  // namespace rpc
