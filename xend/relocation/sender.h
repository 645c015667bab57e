// The source's side of a relocation: checks, the conversation drawn in receiver.h, and the guest's return when it fails
// (spec protocols 1.3 to 1.6).
#pragma once

#include <memory>
#include <string>

#include "xend/domain/host.h"

namespace xend {

struct Relocation {
  std::string destination;  // host name or IPv4 address
  bool live = false;
  unsigned port = 0;                // 0: xend-relocation-port of this host's configuration, or xend-relocation-ssl-port
  bool ssl = false;                 // encrypted; whose certificate the destination shows is not asked
  bool change_home_server = false;  // a managed domain: its configuration goes with it
  unsigned rate_mbit = 0;           // at most this many Mbit/s; 0: no limit
};

// Moves a domain; it runs at the destination when this returns, and nothing of it is here. Throws Error: the domain
// runs on here under its own name, except where the text says that nobody can know where it is.
void relocate_domain(Host& host, const std::shared_ptr<Domain>& domain, const Relocation& relocation);

}  // namespace xend
