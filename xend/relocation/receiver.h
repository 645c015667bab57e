// The destination's side of one relocation connection: commands, then a domain (spec protocols 1.2, 1.3).
//
//   source                          destination
//   receive\n                  ->
//                              <-   (ready receive)\n
//   signature, config, memory  ->   makes the domain while reading
//   half-close                 ->   devices, unpause
//                              <-   (ok)\n            or, at any moment, (err (type T) (value 'TEXT'))\n and nothing
//                              kept
#pragma once

#include <string>

#include "xend/domain/host.h"
#include "xend/relocation/peer.h"

namespace xend {

// Serves the connection until the peer closes it, a domain has been received, or something is wrong with it. Never
// throws. `who` names the peer in log lines.
void serve_relocation(Host& host, Peer peer, const std::string& who) noexcept;

}  // namespace xend
