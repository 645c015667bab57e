// TLS above a stream, at either end. What is said through it is not known here.
#pragma once

#include <memory>
#include <stdexcept>
#include <string>

#include "rpc/stream.h"

struct ssl_ctx_st;
struct ssl_st;

namespace rpc {

// TLS failed: what() is a sentence. Thrown when it is set up, and by reads and writes of its stream.
class TlsError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

struct FreeTls {
  void operator()(ssl_ctx_st* context) const;
  void operator()(ssl_st* ssl) const;
};

// One end of a connection in OpenSSL's own terms.
using Tls = std::unique_ptr<ssl_st, FreeTls>;

// The certificate of the other end has to be for `host`, a name or an address, where it is verified. Throws TlsError.
void expect_host(ssl_st* ssl, const std::string& host);

enum class TlsEnd { kClient, kServer };

using TlsContext = std::unique_ptr<ssl_ctx_st, FreeTls>;

// A context that takes TLS 1.2 and later, and keeps nothing of a connection for the next one. Throws TlsError.
TlsContext make_tls_context(TlsEnd end);

// Gives it the certificate to show and the key to it, PEM files. Throws TlsError that names the file.
void show_certificate(ssl_ctx_st* context, const std::string& key_file, const std::string& cert_file);

// What a server shows of itself: its certificate (with those of the authorities between, if any) and the key to it.
class TlsIdentity {
 public:
  // Reads both from PEM files. Versions below TLS 1.2 are refused to clients. Throws TlsError that names the file.
  TlsIdentity(const std::string& key_file, const std::string& cert_file);

  ssl_ctx_st* context() const { return context_.get(); }

 private:
  TlsContext context_;
};

// An end of a TLS connection. OpenSSL works on two buffers in memory; this class carries their bytes to and from the
// stream below. So the deadlines of that hold, and no write of OpenSSL's own can raise SIGPIPE.
class TlsStream : public Stream {
 public:
  // Shakes hands over `below`, which must outlive this. `host`, of a client: who the certificate has to be for, a name
  // or an address. Throws TlsError and what `below` throws.
  TlsStream(Stream& below, ssl_ctx_st* context, TlsEnd end, const std::string& host = "");

  std::size_t read(std::span<char> buffer) override;
  void write(std::string_view bytes) override;

  // Says that nothing more comes from this end, and does not wait for the other's goodbye. Throws as write does.
  void close();

 private:
  template <typename Step>
  void until_done(const char* what, Step step);
  void flush();

  Stream& below_;
  Tls ssl_;
};

// Makes a TLS client of `socket`: shakes hands, and checks the certificate against the system's authorities (or the
// file that the environment's SSL_CERT_FILE names) and against `host`, a name or an address. Throws TlsError and what
// the stream throws.
std::unique_ptr<Stream> start_tls(std::unique_ptr<Stream> socket, const std::string& host);

// Makes a TLS server of `socket`, which must outlive it. Throws TlsError and what the stream throws.
std::unique_ptr<TlsStream> accept_tls(Stream& socket, const TlsIdentity& identity);

}  // namespace rpc
