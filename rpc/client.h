// Calls methods of xend over XML-RPC: what xm talks through. One client is for one thread.
// It does not know the methods, and prints nothing.
#pragma once

#include <memory>
#include <stdexcept>
#include <string>

#include "rpc/fault.h"
#include "rpc/value.h"

namespace rpc {

// xend cannot be reached, or was lost in the midst of a call. error() is the errno of what failed, 0 where none tells
// it; what() is a sentence.
class ConnectionError : public std::runtime_error {
 public:
  ConnectionError(int error, const std::string& text) : std::runtime_error(text), error_(error) {}
  int error() const { return error_; }

 private:
  int error_;
};

// The peer answered with something that is not an XML-RPC response over HTTP. what() is what the classic client prints
// after `Xend has probably crashed!  ` (spec xm-cli 1.5, PROTO): `Invalid or missing HTTP status code.`,
// `ProtocolError(CODE, TEXT).`, or a sentence about the XML.
class ProtocolError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

class Client {
 public:
  // uri: httpu:///PATH (a unix socket), http://HOST[:PORT][/PATH], https://... or ssh://[USER@]HOST[:PORT]; spec
  // protocols 3.1, xm-cli 1.6. Port 80 or 443 and /RPC2 when not given. https checks the certificate; the environment's
  // SSL_CERT_FILE names one to trust. Throws std::invalid_argument for any other form, with a sentence. Does not
  // connect yet.
  explicit Client(std::string uri);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // Sends one call and waits for its result, for as long as it takes: a save lasts minutes.
  // A top-level string result has its Python escapes undone (spec protocols 3.2). The connection is kept for the next
  // call, and made anew when the server has closed it; a call that has been sent is never sent again. Throws Fault (the
  // method's; or fault 1 for an integer that does not fit), ConnectionError, ProtocolError.
  Value call(const std::string& method, const Array& params);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace rpc
