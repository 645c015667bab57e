// The way to xend: one XML-RPC connection, opened by the first call so that commands which fail before it never need
// xend (spec xm-cli 1.6). Looks inside a result only to find out that xend does not know the method.
#pragma once

#include <memory>
#include <string>

#include "rpc/client.h"
#include "rpc/value.h"

namespace xm {

// Where xend is: what the client's configuration says (xm-config.xml), $XM_SERVER, or the unix socket on this host.
// Says on stderr what is wrong with the configuration. There is one interface to xend: Xen-API is taken for a mistake.
std::string server_uri();

class Session {
 public:
  // `uri` as for rpc::Client.
  explicit Session(std::string uri) : uri_(std::move(uri)) {}

  // For a connection of somebody else's.
  const std::string& uri() const { return uri_; }

  // Calls the method `name`. Throws what rpc::Client does, and Fault when xend knows no such method;
  // std::invalid_argument at the first call when the URI is malformed.
  rpc::Value call(const std::string& name, const rpc::Array& params);

 private:
  std::string uri_;
  std::unique_ptr<rpc::Client> client_;
};

}  // namespace xm
