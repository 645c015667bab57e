// The destination's side of one relocation connection: commands, then a domain (spec protocols 1.2, 1.3).
//
//   source                          destination
//   receive\n                  ->                                  through TLS: sslreceive\n
//                              <-   (ready receive)\n
//   signature, config, memory  ->   makes the domain while reading
//   half-close                 ->   devices, unpause
//                              <-   (ok)\n            or, at any moment, (err (type T) (value 'TEXT'))\n and nothing
//                              kept
#pragma once

#include <chrono>
#include <string>

#include "rpc/rate_limit.h"
#include "xend/domain/host.h"
#include "xend/relocation/peer.h"

namespace xend {

struct RelocationLimits {
  std::size_t connections = 16;               // at once: a host takes one guest or two at a time
  std::chrono::milliseconds command{30'000};  // for one to arrive whole
  unsigned commands = 100;                    // on a connection that never comes to receive
};

// Serves the connection, through `tls` unless that is null, until the peer closes it, a domain has been received, or
// something is wrong with it. Never throws. `who` names the peer in log lines; `complaints` says how many there may be
// about what is not the protocol.
void serve_relocation(Host& host, Peer peer, const std::string& who, const rpc::TlsParty* tls,
                      const RelocationLimits& limits, rpc::RateLimit& complaints) noexcept;

}  // namespace xend
