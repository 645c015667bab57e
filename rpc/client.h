// Calls methods of xend over XML-RPC: what xm talks through.
#pragma once

#include <memory>
#include <stdexcept>
#include <string>

#include "rpc/fault.h"
#include "rpc/value.h"

namespace rpc {

// xend cannot be reached. error() is the errno of the failed connect.
class ConnectionError : public std::runtime_error {
 public:
  ConnectionError(int error, const std::string& text) : std::runtime_error(text), error_(error) {}
  int error() const { return error_; }

 private:
  int error_;
};

// The peer answered with something that is not an XML-RPC response over HTTP.
class ProtocolError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

class Client {
 public:
  // uri: httpu:///PATH (a unix socket), http://HOST[:PORT][/PATH] or https://...; spec protocols 3.1, xm-cli 1.6.
  // Throws std::invalid_argument for any other form. Does not connect yet.
  explicit Client(std::string uri);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // Sends one call and waits for its result, for as long as it takes: a save lasts minutes.
  // A top-level string result has its Python escapes undone (spec protocols 3.2). The connection is kept for the next
  // call. Throws Fault, ConnectionError, ProtocolError.
  Value call(const std::string& method, const Array& params);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace rpc
