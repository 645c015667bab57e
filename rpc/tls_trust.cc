#include "rpc/tls_trust.h"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>

namespace rpc {

namespace {

constexpr std::string_view kDigits = "0123456789ABCDEF";

// -1 when it is none.
int digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

// What OpenSSL asks instead of its own check. `argument`: the TlsTrust.
int check_certificate(X509_STORE_CTX* store, void* argument) noexcept {
  const auto& trust = *static_cast<const TlsTrust*>(argument);
  const auto* const ssl =
      static_cast<SSL*>(::X509_STORE_CTX_get_ex_data(store, ::SSL_get_ex_data_X509_STORE_CTX_idx()));
  auto& verdict = *static_cast<TlsVerdict*>(SSL_get_app_data(ssl));
  try {
    verdict.shown = Fingerprint::of(::X509_STORE_CTX_get0_cert(store));
    verdict.pinned = std::find(trust.peers.begin(), trust.peers.end(), *verdict.shown) != trust.peers.end();
    if (verdict.pinned) return 1;
    if (trust.ca_file.empty()) {
      verdict.reason = "it is none of those that are known here";
    } else if (::X509_verify_cert(store) == 1) {
      return 1;
    } else {
      verdict.reason = fmt::format("the authority in {} does not vouch for it ({})", trust.ca_file,
                                   ::X509_verify_cert_error_string(::X509_STORE_CTX_get_error(store)));
    }
  } catch (const std::exception& e) {
    verdict.reason = e.what();
  }
  ::X509_STORE_CTX_set_error(store, X509_V_ERR_CERT_REJECTED);
  return 0;
}

}  // namespace

Fingerprint Fingerprint::parse(std::string_view text) {
  Fingerprint result;
  const bool colons = text.size() == 3 * result.bytes_.size() - 1;
  bool good = colons || text.size() == 2 * result.bytes_.size();
  const std::size_t step = colons ? 3 : 2;
  for (std::size_t i = 0; good && i < result.bytes_.size(); ++i) {
    const int high = digit(text[i * step]), low = digit(text[i * step + 1]);
    good = high >= 0 && low >= 0 && (!colons || i == 0 || text[i * step - 1] == ':');
    if (good) result.bytes_[i] = static_cast<unsigned char>(high * 16 + low);
  }
  if (!good)
    throw TlsError(fmt::format(
        "'{}' is not the SHA-256 fingerprint of a certificate: that is 64 hexadecimal digits, in pairs with "
        "colons between them or without any.",
        text));
  return result;
}

Fingerprint Fingerprint::of(const x509_st* certificate) {
  Fingerprint result;
  unsigned size = static_cast<unsigned>(result.bytes_.size());
  if (!certificate || ::X509_digest(certificate, ::EVP_sha256(), result.bytes_.data(), &size) != 1)
    throw TlsError("The fingerprint of a certificate could not be computed.");
  return result;
}

std::string Fingerprint::text() const {
  std::string text;
  for (const unsigned char byte : bytes_) {
    if (!text.empty()) text += ':';
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

void ask_for_certificates(ssl_ctx_st* context, const TlsTrust& trust) {
  ::ERR_clear_error();
  if (!trust.ca_file.empty() && ::SSL_CTX_load_verify_file(context, trust.ca_file.c_str()) != 1) {
    std::array<char, 256> reason{};
    ::ERR_error_string_n(::ERR_get_error(), reason.data(), reason.size());
    throw TlsError(fmt::format("The authority's certificate {} cannot be used: {}.", trust.ca_file, reason.data()));
  }
  // A client is asked for one; a server shows one anyway.
  ::SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  ::SSL_CTX_set_cert_verify_callback(context, check_certificate, const_cast<TlsTrust*>(&trust));
}

void set_verdict(ssl_st* ssl, TlsVerdict& verdict) {
  SSL_set_app_data(ssl, &verdict);
}

}  // namespace rpc
