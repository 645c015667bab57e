// One client of the server: reads its requests, has them answered, until it leaves or misbehaves.
// Who accepts clients, counts them and joins their threads is in http_server.cc.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>

#include "rpc/file_descriptor.h"
#include "rpc/http.h"
#include "rpc/http_server.h"
#include "rpc/rate_limit.h"
#include "rpc/tls.h"

namespace rpc {

// What all connections of a server share.
struct ServerContext {
  std::string name;
  std::unique_ptr<HttpFace> face;
  LogLine log;
  ServerLimits limits;
  Entrance entrance;
  std::atomic<bool> stopping = false;
  FileDescriptor stopped{};  // eventfd: calls should come to an end, too
  RateLimit complaints{10, std::chrono::minutes(1)};

  // One WARNING about what a peer or the system did, unless there have been too many of late: `text` is called only
  // when the line is wanted. Throws nothing: a line that cannot be written must not cost more than itself.
  void complain(const std::function<std::string()>& text) noexcept;
};

// What a connection is doing: waiting for a request, moving bytes of one (or of TLS, or of an answer), or working.
enum class Phase { kIdle, kTransfer, kCall };

class HttpConnection {
 public:
  // `on_phase` is called each time another phase begins; the first is kTransfer.
  HttpConnection(FileDescriptor fd, ServerContext& context, std::function<void(Phase)> on_phase);

  // The whole conversation. Throws nothing. Returns when the client has gone, has been refused, or was hung up.
  void serve() noexcept;

  // Ends the waiting for a request or for the rest of one. A call that runs still gets its answer. From any thread.
  void hang_up();

  // Ends everything at once, the sending of an answer included. From any thread.
  void cut_off();

 private:
  bool admitted() const;
  void greet();
  void converse();
  bool handle_request();
  RequestHead read_request(std::string& body);
  void check(const RequestHead& head) const;
  void refuse(const HttpError& error);
  void say_goodbye() noexcept;
  void send(std::string_view response);
  void set_deadline(unsigned seconds);

  ServerContext& context_;
  SocketStream socket_;
  std::unique_ptr<TlsStream> tls_;  // above the socket; null: plain
  Stream* stream_ = &socket_;       // what is spoken through
  std::unique_ptr<HttpReader> reader_;
  std::function<void(Phase)> on_phase_;
  std::atomic<bool> cut_off_ = false;
};

}  // namespace rpc
