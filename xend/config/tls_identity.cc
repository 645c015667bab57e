#include "xend/config/tls_identity.h"

#include <fmt/format.h>

#include "xend/error.h"

namespace xend {

std::shared_ptr<const rpc::TlsIdentity> tls_identity(std::string_view what, const std::string& key_file,
                                                     const std::string& cert_file) {
  try {
    return std::make_shared<rpc::TlsIdentity>(key_file, cert_file);
  } catch (const rpc::TlsError& e) {
    throw Error(fmt::format("{} cannot speak TLS: {}", what, e.what()));
  }
}

}  // namespace xend
