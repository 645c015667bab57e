#include "rpc/tls.h"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <array>
#include <cerrno>
#include <system_error>

namespace rpc {

namespace {

std::string last_reason() {
  std::array<char, 256> reason{};
  ::ERR_error_string_n(::ERR_get_error(), reason.data(), reason.size());
  return reason.data();
}

[[noreturn]] void fail(const char* what, const ssl_st* ssl) {
  const long verdict = ssl ? ::SSL_get_verify_result(ssl) : X509_V_OK;
  if (verdict != X509_V_OK) {
    throw TlsError(
        fmt::format("The server's certificate is not trusted: {}.", ::X509_verify_cert_error_string(verdict)));
  }
  throw TlsError(fmt::format("TLS could not {}: {}.", what, last_reason()));
}

// A client's stream, together with what it goes through and what it trusts.
class TlsClient : public Stream {
 public:
  TlsClient(std::unique_ptr<Stream> socket, const std::string& host)
      : socket_(std::move(socket)), context_(::SSL_CTX_new(::TLS_client_method())) {
    if (host.empty()) throw TlsError("A server without a name cannot show a certificate for it.");
    if (!context_ || ::SSL_CTX_set_default_verify_paths(context_.get()) != 1) fail("set up", nullptr);
    ::SSL_CTX_set_verify(context_.get(), SSL_VERIFY_PEER, nullptr);
    tls_ = std::make_unique<TlsStream>(*socket_, context_.get(), TlsEnd::kClient, host);
  }

  std::size_t read(std::span<char> buffer) override { return tls_->read(buffer); }
  void write(std::string_view bytes) override { tls_->write(bytes); }

 private:
  std::unique_ptr<Stream> socket_;
  TlsContext context_;
  std::unique_ptr<TlsStream> tls_;
};

}  // namespace

void FreeTls::operator()(ssl_ctx_st* context) const {
  ::SSL_CTX_free(context);
}

void FreeTls::operator()(ssl_st* ssl) const {
  ::SSL_free(ssl);
}

void expect_host(ssl_st* ssl, const std::string& host) {
  X509_VERIFY_PARAM* const param = ::SSL_get0_param(ssl);
  if (::X509_VERIFY_PARAM_set1_ip_asc(param, host.c_str()) == 1) return;
  ::ERR_clear_error();
  if (::SSL_set_tlsext_host_name(ssl, host.c_str()) != 1 || ::SSL_set1_host(ssl, host.c_str()) != 1)
    fail("set up", ssl);
}

TlsContext make_tls_context(TlsEnd end) {
  TlsContext context(::SSL_CTX_new(end == TlsEnd::kServer ? ::TLS_server_method() : ::TLS_client_method()));
  if (!context || ::SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION) != 1) fail("set up", nullptr);
  // A peer cannot make this end work for it over and over on one connection, nor keep sessions in its memory.
  ::SSL_CTX_set_options(context.get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET | SSL_OP_NO_COMPRESSION);
  ::SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
  ::SSL_CTX_set_num_tickets(context.get(), 0);
  return context;
}

void show_certificate(ssl_ctx_st* context, const std::string& key_file, const std::string& cert_file) {
  // Protected by a password that nobody is there to type: refused, not asked for on the daemon's terminal.
  ::SSL_CTX_set_default_passwd_cb(context, [](char*, int, int, void*) { return -1; });
  ::ERR_clear_error();
  if (::SSL_CTX_use_certificate_chain_file(context, cert_file.c_str()) != 1)
    throw TlsError(fmt::format("The certificate {} cannot be used: {}.", cert_file, last_reason()));
  if (::SSL_CTX_use_PrivateKey_file(context, key_file.c_str(), SSL_FILETYPE_PEM) != 1)
    throw TlsError(fmt::format("The key {} cannot be used: {}.", key_file, last_reason()));
}

TlsIdentity::TlsIdentity(const std::string& key_file, const std::string& cert_file)
    : context_(make_tls_context(TlsEnd::kServer)) {
  show_certificate(context_.get(), key_file, cert_file);
}

TlsStream::TlsStream(Stream& below, ssl_ctx_st* context, TlsEnd end, const std::string& host)
    : below_(below), ssl_(::SSL_new(context)) {
  BIO* const in = ::BIO_new(::BIO_s_mem());
  BIO* const out = ::BIO_new(::BIO_s_mem());
  if (!ssl_ || !in || !out) fail("set up", ssl_.get());
  ::SSL_set_bio(ssl_.get(), in, out);  // which owns them from now on
  if (end == TlsEnd::kClient) {
    expect_host(ssl_.get(), host);
    ::SSL_set_connect_state(ssl_.get());
  } else {
    ::SSL_set_accept_state(ssl_.get());
  }
  until_done("greet", [this] { return ::SSL_do_handshake(ssl_.get()); });
}

std::size_t TlsStream::read(std::span<char> buffer) {
  std::size_t n = 0;
  until_done("read", [&] { return ::SSL_read_ex(ssl_.get(), buffer.data(), buffer.size(), &n); });
  return n;
}

void TlsStream::write(std::string_view bytes) {
  std::size_t n = 0;
  until_done("write", [&] { return ::SSL_write_ex(ssl_.get(), bytes.data(), bytes.size(), &n); });
}

void TlsStream::close() {
  ::ERR_clear_error();
  ::SSL_shutdown(ssl_.get());
  flush();
}

// Repeats `step`, moving bytes in between, until it succeeds or the peer has closed.
template <typename Step>
void TlsStream::until_done(const char* what, Step step) {
  for (;;) {
    ::ERR_clear_error();
    const int result = step();
    const int error = result == 1 ? SSL_ERROR_NONE : ::SSL_get_error(ssl_.get(), result);
    flush();
    if (error == SSL_ERROR_NONE || error == SSL_ERROR_ZERO_RETURN) return;
    if (error != SSL_ERROR_WANT_READ) fail(what, ssl_.get());
    std::array<char, 16 * 1024> chunk;
    const std::size_t n = below_.read(chunk);
    // Without TLS's own goodbye somebody on the way may have cut the answer short.
    if (n == 0) throw std::system_error(ECONNRESET, std::generic_category(), "TLS");
    ::BIO_write(::SSL_get_rbio(ssl_.get()), chunk.data(), static_cast<int>(n));
  }
}

void TlsStream::flush() {
  char* bytes = nullptr;
  BIO* const out = ::SSL_get_wbio(ssl_.get());
  const long n = ::BIO_get_mem_data(out, &bytes);
  if (n > 0) below_.write({bytes, static_cast<std::size_t>(n)});
  BIO_reset(out);
}

std::unique_ptr<Stream> start_tls(std::unique_ptr<Stream> socket, const std::string& host) {
  return std::make_unique<TlsClient>(std::move(socket), host);
}

std::unique_ptr<TlsStream> accept_tls(Stream& socket, const TlsIdentity& identity) {
  return std::make_unique<TlsStream>(socket, identity.context(), TlsEnd::kServer);
}

}  // namespace rpc
