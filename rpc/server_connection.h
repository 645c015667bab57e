// One client of the server: reads its requests, has them carried out and answers, until it leaves or misbehaves.
// Who accepts clients, counts them and joins their threads is in server.cc.
#pragma once

#include <atomic>
#include <functional>
#include <string>

#include "rpc/http.h"
#include "rpc/rate_limit.h"
#include "rpc/server.h"
#include "rpc/stream.h"

namespace rpc {

// What all connections of a server share.
struct ServerContext {
  std::string name;
  Dispatcher dispatch;
  LogLine log;
  ServerLimits limits;
  std::atomic<bool> stopping = false;
  RateLimit complaints{10, std::chrono::minutes(1)};

  // One WARNING about what a peer or the system did, unless there have been too many of late: `text` is called only
  // when the line is wanted. Throws nothing: a line that cannot be written must not cost more than itself.
  void complain(const std::function<std::string()>& text) noexcept;
};

class ServerConnection {
 public:
  // `on_idle` is called each time the connection begins (true) or ends (false) to wait for a request.
  ServerConnection(FileDescriptor fd, ServerContext& context, std::function<void(bool)> on_idle);

  // The whole conversation. Throws nothing. Returns when the client has gone, has been refused, or was hung up.
  void serve() noexcept;

  // Ends the waiting for a request or for the rest of one. A call that runs still gets its answer. From any thread.
  void hang_up();

 private:
  void converse();
  bool handle_request();
  RequestHead read_request(std::string& body);
  void check(const RequestHead& head) const;
  std::string answer(const std::string& body);
  void complain_about(const std::exception& request);
  void refuse(const HttpError& error);
  void send(std::string_view response);
  void set_deadline(unsigned seconds);

  ServerContext& context_;
  SocketStream stream_;
  HttpReader reader_;
  std::function<void(bool)> on_idle_;
};

}  // namespace rpc
