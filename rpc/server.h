// XML-RPC as a face of an HTTP server: decodes calls, has them carried out, encodes what comes of it. It does not know
// the methods; who may connect is decided by the socket (its directory, or the address it listens on).
// What it speaks: spec protocols 3.1 to 3.3.
#pragma once

#include <functional>
#include <string>

#include "rpc/fault.h"
#include "rpc/http_server.h"
#include "rpc/listen.h"
#include "rpc/value.h"

namespace rpc {

// Calls the method and returns its result; a Fault thrown becomes a fault response, anything else fault 1 with its text
// and a line in the log. A method that does not exist returns unknown_method(). Called from many threads at once.
using Dispatcher = std::function<Value(const std::string& method, const Array& params, const Caller& caller)>;

// An HTTP server of XML-RPC.
class Server : public HttpServer {
 public:
  // As HttpServer. A web page that a browser shows cannot make it call anything: requests with an Origin are refused.
  Server(int listening_fd, std::string name, Dispatcher dispatch, const LogLine& log, ServerLimits limits = {},
         Entrance entrance = {});
};

}  // namespace rpc
