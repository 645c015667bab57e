// Whose certificates one end of a TLS connection takes, and what it says when it is shown another. Beyond the system's
// authorities, which rpc/tls.h asks: an authority of one's own, or single certificates known by their fingerprints.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rpc/tls.h"

struct x509_st;

namespace rpc {

// SHA-256 of a certificate, as `openssl x509 -fingerprint -sha256` prints it.
class Fingerprint {
 public:
  // 64 hexadecimal digits, in pairs with colons between them or without any. Throws TlsError that shows `text`.
  static Fingerprint parse(std::string_view text);
  // Throws TlsError.
  static Fingerprint of(const x509_st* certificate);

  std::string text() const;  // AA:BB:...
  bool operator==(const Fingerprint&) const = default;

 private:
  std::array<unsigned char, 32> bytes_{};
};

// A peer passes when its certificate is one of `peers`, as it is: who signed it, its names and its dates are not looked
// at; or when the authority in `ca_file` (PEM; "" for none) signed it, by way of others or not.
struct TlsTrust {
  std::string ca_file;
  std::vector<Fingerprint> peers;

  bool asks() const { return !ca_file.empty() || !peers.empty(); }  // false: anybody passes
};

// The two ends do not trust each other. what() is a sentence that shows the fingerprint in question.
class TlsRefusal : public TlsError {
 public:
  enum class By { kUs, kThem };
  TlsRefusal(By refuser, const std::string& text) : TlsError(text), by(refuser) {}

  const By by;
};

// What became of the question on one connection.
struct TlsVerdict {
  std::optional<Fingerprint> shown;  // none: the peer showed no certificate
  bool pinned = false;               // it is one of TlsTrust's `peers`
  std::string reason;                // why it does not pass; "" when it does
};

// Makes `context`, of either end, ask for the peer's certificate and break the handshake off without one that passes.
// `trust` must outlive it; each connection needs a verdict. Throws TlsError that names the file.
void ask_for_certificates(ssl_ctx_st* context, const TlsTrust& trust);

// Where the handshake on `ssl` leaves its verdict, which must outlive the handshake.
void set_verdict(ssl_st* ssl, TlsVerdict& verdict);

}  // namespace rpc
