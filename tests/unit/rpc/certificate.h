// A certificate made on the spot, for tests of TLS.
#pragma once

#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <memory>
#include <string>

namespace rpc {

template <auto kFree>
struct Freed {
  void operator()(auto* p) const { kFree(p); }
};

// A certificate for 127.0.0.1 signed by itself, and its key, in one file.
inline void write_certificate(const std::string& path) {
  const std::unique_ptr<EVP_PKEY, Freed<::EVP_PKEY_free>> key(EVP_EC_gen("P-256"));
  const std::unique_ptr<X509, Freed<::X509_free>> certificate(::X509_new());
  X509* const x = certificate.get();
  ::X509_set_version(x, X509_VERSION_3);
  ::ASN1_INTEGER_set(::X509_get_serialNumber(x), 1);
  ::X509_gmtime_adj(::X509_getm_notBefore(x), 0);
  ::X509_gmtime_adj(::X509_getm_notAfter(x), 3600);
  X509_NAME* const name = ::X509_get_subject_name(x);
  ::X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>("test"), -1, -1, 0);
  ::X509_set_issuer_name(x, name);
  ::X509_set_pubkey(x, key.get());
  const std::unique_ptr<X509_EXTENSION, Freed<::X509_EXTENSION_free>> names(
      ::X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, "IP:127.0.0.1"));
  ::X509_add_ext(x, names.get(), -1);
  ::X509_sign(x, key.get(), ::EVP_sha256());
  const std::unique_ptr<FILE, Freed<std::fclose>> file(std::fopen(path.c_str(), "we"));
  ::PEM_write_X509(file.get(), x);
  ::PEM_write_PrivateKey(file.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr);
}

}  // namespace rpc
