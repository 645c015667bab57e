// Listens for domains from other hosts: who is not on the list is turned away without a byte (spec xend-config section
// 5).
#pragma once

#include <condition_variable>
#include <list>
#include <memory>
#include <mutex>
#include <thread>

#include "rpc/file_descriptor.h"
#include "rpc/rate_limit.h"
#include "rpc/tls_party.h"
#include "xend/config/access_list.h"
#include "xend/domain/host.h"
#include "xend/relocation/receiver.h"

namespace xend {

class RelocationServer {
 public:
  // Takes over a bound, listening socket, of TCP or unix, and begins to serve; with a `tls` through that. Throws
  // std::system_error.
  RelocationServer(Host& host, rpc::FileDescriptor listening, AccessList allowed, RelocationLimits limits = {},
                   std::shared_ptr<const rpc::TlsParty> tls = nullptr);
  // Stops listening and breaks off what is being received: the sources keep their domains.
  ~RelocationServer();
  RelocationServer(const RelocationServer&) = delete;
  RelocationServer& operator=(const RelocationServer&) = delete;

 private:
  void accept_loop();
  void begin(rpc::FileDescriptor socket, std::string ip);
  void serve(rpc::FileDescriptor socket, const std::string& ip);

  Host& host_;
  rpc::FileDescriptor listening_, wake_;
  AccessList allowed_;
  const std::shared_ptr<const rpc::TlsParty> tls_;  // null: plain
  const RelocationLimits limits_;
  rpc::RateLimit crowd_{5, std::chrono::minutes(1)};       // lines about too many connections at once,
  rpc::RateLimit strangers_{10, std::chrono::minutes(1)};  // about who is not on the list,
  rpc::RateLimit nonsense_{10, std::chrono::minutes(1)};   // and about what is not the protocol
  std::mutex mutex_;
  std::condition_variable ended_;
  std::list<rpc::FileDescriptor> serving_;  // second descriptors of the connections that are being served
  std::thread acceptor_;
};

// Binds and listens where the configuration says; while the port is in use it tries again for 30 seconds (spec
// xend-config 4.3). `address` may be an interface's name. Throws Error that names address and port.
rpc::FileDescriptor listen_for_relocation(const std::string& address, unsigned port);

}  // namespace xend
