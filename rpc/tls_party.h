// TLS between hosts that each show a certificate, where the bytes are moved by programs that know nothing of TLS: both
// ends get a plain descriptor. The kernel encrypts when it can, so that no byte is copied for it; else a tunnel does.
#pragma once

#include <memory>
#include <string>

#include "rpc/file_descriptor.h"
#include "rpc/stream.h"
#include "rpc/tls.h"
#include "rpc/tls_trust.h"
#include "rpc/tls_tunnel.h"

namespace rpc {

// A connection after the handshake.
struct SecuredSocket {
  std::unique_ptr<TlsTunnel> tunnel;  // null: the kernel encrypts, and rpc/kernel_tls.h has what is special about `fd`
  FileDescriptor fd;                  // blocking, for plain bytes; to be closed before the tunnel
  std::string how;                    // `TLSv1.2 ECDHE-ECDSA-AES256-GCM-SHA384, by the kernel`
  TlsVerdict peer;
};

// What one host is to the others, as server and as client.
class TlsParty {
 public:
  // `key_file`, `cert_file`: PEM, of the certificate to show; both "" for a client that has none. Throws TlsError that
  // names the file.
  TlsParty(const std::string& key_file, const std::string& cert_file, TlsTrust trust);
  TlsParty(const TlsParty&) = delete;
  TlsParty& operator=(const TlsParty&) = delete;

  // Shake hands over the connected `socket` until `deadline`. `host`: the server's name or address, which a certificate
  // has to be for that passes by its authority. Throw TlsRefusal, TlsError, std::system_error (ETIMEDOUT when the
  // deadline passes). SIGPIPE must be ignored.
  SecuredSocket accept(FileDescriptor socket, Deadline deadline) const;
  SecuredSocket connect(FileDescriptor socket, const std::string& host, Deadline deadline) const;

  bool asks() const { return trust_.asks(); }  // false: whose certificate a peer shows does not matter

 private:
  SecuredSocket secure(FileDescriptor socket, Tls tls, Deadline deadline) const;

  const TlsTrust trust_;  // the contexts refer to it
  TlsContext server_, client_;
};

}  // namespace rpc
