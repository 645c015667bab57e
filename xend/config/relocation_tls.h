// How this host moves domains through TLS: what it shows and whom it trusts, of the keys xend-relocation-*ssl*.
#pragma once

#include <memory>
#include <string>

#include "rpc/tls_party.h"
#include "xend/config/options.h"

namespace xend {

// For both directions. A host that has no certificate can be a client alone. Throws Error that names the file at fault.
std::shared_ptr<const rpc::TlsParty> relocation_tls(const Options& options);

// The sentence of a refusal, and which key of which host's xend-config.sxp ends it.
std::string with_advice(const rpc::TlsRefusal& refusal);

}  // namespace xend
