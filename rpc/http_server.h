// Serves HTTP on a listening socket, a thread per connection with deadlines and limits. What the requests mean is the
// business of a HttpFace: XML-RPC (server.h) or another.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "rpc/http.h"

namespace rpc {

class TlsIdentity;

// Who called, for methods that take long.
struct Caller {
  int connection = -1;          // poll shows POLLRDHUP when the caller has gone; not to be read or written
  int stopping = -1;            // poll shows POLLIN when the server is being stopped
  bool may_half_close = false;  // POLLRDHUP is no sign then: programs that have said all say so; POLLHUP is
};

// One line for the log; level as in the classic log (DEBUG, INFO, WARNING, ERROR). Called from many threads at once.
using LogLine = std::function<void(const char* level, const std::string& text)>;

struct HttpAnswer {
  std::string bytes;        // the whole response: status line, headers, body
  bool keep_alive = false;  // the client may send another request
};

// What a server makes of requests. Called from many threads at once; outlived by the server that has it.
class HttpFace {
 public:
  virtual ~HttpFace() = default;

  // Looks at a request before its body is read. Throws HttpError to refuse it; the connection is closed then.
  virtual void check(const RequestHead& head) const = 0;

  // Throws HttpError as check does.
  virtual HttpAnswer answer(const RequestHead& head, const std::string& body, const Caller& caller) = 0;
};

// A request beyond them is refused with an HTTP error and a line in the log, and its connection closed.
struct ServerLimits {
  std::size_t request_bytes = 8 * 1024 * 1024;
  std::size_t header_bytes = 16 * 1024;
  unsigned connections = 64;      // when all are in use, the longest idle is closed, or the slowest; see patience
  unsigned request_seconds = 30;  // for a request to arrive whole, once its first byte is there; for TLS to be agreed
                                  // on; and for the client to take each 64 KiB of the answer
  unsigned idle_seconds = 600;    // connection without a request
  // When all connections are in use and none is idle, those who have been sending or receiving for longer than this
  // make room for who waits. Calls that run are left alone: clients wait for them.
  std::chrono::milliseconds patience{1000};
};

// What a client passes before it is heard.
struct Entrance {
  std::shared_ptr<const TlsIdentity> tls = nullptr;  // null: no TLS
  // Whether a client of that address may talk; who may not gets no byte. Says so in the log itself. Not asked on unix
  // sockets. Empty: everyone may.
  std::function<bool(const std::string& ip)> admits = nullptr;
};

class HttpServer {
 public:
  // Takes over `listening_fd` (a bound, listening stream socket) and begins to serve. `name` is used in log lines.
  // Throws std::system_error when there are no descriptors or threads left.
  HttpServer(int listening_fd, std::string name, std::unique_ptr<HttpFace> face, LogLine log, ServerLimits limits = {},
             Entrance entrance = {});
  virtual ~HttpServer();  // stop()
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  // Stops accepting and closes connections without a call; calls that run go on to their end and are answered. Returns
  // at once, the listening socket closed.
  void retire();

  // After retire(): whether the last call has ended.
  bool retired() const;

  // Stops accepting, closes idle connections, lets running calls finish (their callers seem to have gone) and joins
  // their threads. Returns when all that is done; not to be called from within a call. A second one does nothing.
  void stop();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace rpc
