// Key and certificate that the configuration names, for a listener that speaks TLS.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "rpc/tls.h"

namespace xend {

// `what` is the key of xend-config.sxp that opens the listener, for messages. Throws Error that names the file at
// fault.
std::shared_ptr<const rpc::TlsIdentity> tls_identity(std::string_view what, const std::string& key_file,
                                                     const std::string& cert_file);

}  // namespace xend
