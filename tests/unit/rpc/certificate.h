// A certificate made on the spot, for tests of TLS.
#pragma once

#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <memory>
#include <string>

#include "rpc/tls_trust.h"

namespace rpc {

template <auto kFree>
struct Freed {
  void operator()(auto* p) const { kFree(p); }
};

struct TestCertificate {
  std::string name = "test";          // its own, CN
  std::string host = "IP:127.0.0.1";  // whom it is for
  std::string signed_by = {};         // path of the authority's; "": it signs itself
  std::string constraints = "CA:FALSE";
  long seconds = 3600;  // until it ends; it ended when below zero
};

// Writes the certificate and its key into one file.
inline void write_certificate(const std::string& path, const TestCertificate& wanted = {}) {
  using File = std::unique_ptr<FILE, Freed<std::fclose>>;
  using Key = std::unique_ptr<EVP_PKEY, Freed<::EVP_PKEY_free>>;
  using Certificate = std::unique_ptr<X509, Freed<::X509_free>>;
  static int serial = 0;
  const Key key(EVP_EC_gen("P-256"));
  const Certificate certificate(::X509_new());
  Certificate authority;
  Key authority_key;
  if (!wanted.signed_by.empty()) {
    const File file(std::fopen(wanted.signed_by.c_str(), "re"));
    authority.reset(::PEM_read_X509(file.get(), nullptr, nullptr, nullptr));
    authority_key.reset(::PEM_read_PrivateKey(file.get(), nullptr, nullptr, nullptr));
  }
  X509* const x = certificate.get();
  ::X509_set_version(x, X509_VERSION_3);
  ::ASN1_INTEGER_set(::X509_get_serialNumber(x), ++serial);
  ::X509_gmtime_adj(::X509_getm_notBefore(x), wanted.seconds < 0 ? 2 * wanted.seconds : 0);
  ::X509_gmtime_adj(::X509_getm_notAfter(x), wanted.seconds);
  X509_NAME* const name = ::X509_get_subject_name(x);
  ::X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>(wanted.name.c_str()),
                               -1, -1, 0);
  ::X509_set_issuer_name(x, authority ? ::X509_get_subject_name(authority.get()) : name);
  ::X509_set_pubkey(x, key.get());
  for (const auto& [nid, text] :
       {std::pair(NID_subject_alt_name, wanted.host), {NID_basic_constraints, wanted.constraints}}) {
    const std::unique_ptr<X509_EXTENSION, Freed<::X509_EXTENSION_free>> extension(
        ::X509V3_EXT_conf_nid(nullptr, nullptr, nid, text.c_str()));
    ::X509_add_ext(x, extension.get(), -1);
  }
  ::X509_sign(x, authority ? authority_key.get() : key.get(), ::EVP_sha256());
  const File file(std::fopen(path.c_str(), "we"));
  ::PEM_write_X509(file.get(), x);
  ::PEM_write_PrivateKey(file.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr);
}

// Of the certificate in a file.
inline Fingerprint fingerprint_of(const std::string& path) {
  const std::unique_ptr<FILE, Freed<std::fclose>> file(std::fopen(path.c_str(), "re"));
  const std::unique_ptr<X509, Freed<::X509_free>> certificate(::PEM_read_X509(file.get(), nullptr, nullptr, nullptr));
  return Fingerprint::of(certificate.get());
}

}  // namespace rpc
