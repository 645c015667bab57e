// The source's side of a relocation: checks, then the handover (handover_source.h) with a destination that offers it,
// or the classic conversation drawn in receiver.h (spec protocols 1.3 to 1.6).
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "sxp/value.h"
#include "xend/domain/departure.h"
#include "xend/domain/host.h"
#include "xend/relocation/peer.h"

namespace xend {

struct Relocation {
  std::string destination;  // host name or IPv4 address
  bool live = false;
  unsigned port = 0;                // 0: xend-relocation-port of this host's configuration, or xend-relocation-ssl-port
  bool ssl = false;                 // encrypted, as the configuration says (xend/config/relocation_tls.h)
  bool change_home_server = false;  // a managed domain: its configuration goes with it
  unsigned rate_mbit = 0;           // at most this many Mbit/s; 0: no limit
  RoundLimits limits{};             // live only
};

// What became of it.
struct Relocated {
  std::optional<xc::DomId> domid;        // at the destination; nothing: it did not say
  std::chrono::milliseconds stopped{0};  // from the request to suspend until it was known to run there
};

// Moves a domain; it runs at the destination when this returns, and nothing of it is here. Throws Error: the domain
// runs on here under its own name, except where the text says that nobody can know where it is.
Relocated relocate_domain(Host& host, const std::shared_ptr<Domain>& domain, const Relocation& relocation);

// A connection on which nothing has been said, through TLS when `ssl`. Throws Error for the person who typed the name.
Peer connect_for_relocation(Host& host, const std::string& destination, unsigned port, bool ssl);

// What the destination builds the domain from; it manages the domain when it is told so (spec protocols 7.2).
sxp::Value config_to_send(const Departure& departure, const Relocation& relocation);

}  // namespace xend
