#include "xend/config/relocation_tls.h"

#include <fmt/format.h>

#include "xend/error.h"

namespace xend {

std::shared_ptr<const rpc::TlsParty> relocation_tls(const Options& options) {
  const auto& key = options.xend_relocation_server_ssl_key_file;
  const auto& cert = options.xend_relocation_server_ssl_cert_file;
  if (key.has_value() != cert.has_value())
    throw Error(
        "Relocation cannot speak TLS: xend-relocation-server-ssl-key-file and xend-relocation-server-ssl-cert-file "
        "belong together, and one of them is not set.");
  try {
    rpc::TlsTrust trust;
    if (const auto& ca = options.xend_relocation_ssl_ca_file) trust.ca_file = *ca;
    for (const std::string& text : options.xend_relocation_ssl_peers)
      trust.peers.push_back(rpc::Fingerprint::parse(text));
    return std::make_shared<rpc::TlsParty>(key ? key->string() : "", cert ? cert->string() : "", std::move(trust));
  } catch (const rpc::TlsError& e) {
    throw Error(fmt::format("Relocation cannot speak TLS: {}", e.what()));
  }
}

std::string with_advice(const rpc::TlsRefusal& refusal) {
  if (refusal.by == rpc::TlsRefusal::By::kUs)
    return fmt::format(
        "{} If that is the right host, name its certificate in xend-relocation-server-ssl-cert-file there, and add the "
        "fingerprint that xend-relocation-keys prints there to xend-relocation-ssl-peers here.",
        refusal.what());
  return fmt::format(
      "{} Add the fingerprint that xend-relocation-keys prints here to xend-relocation-ssl-peers there, and name the "
      "certificate in xend-relocation-server-ssl-cert-file here.",
      refusal.what());
}

}  // namespace xend
