#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <array>
#include <cerrno>
#include <system_error>

#include "rpc/stream.h"

namespace rpc {

namespace {

struct Free {
  void operator()(SSL_CTX* context) const { ::SSL_CTX_free(context); }
  void operator()(SSL* ssl) const { ::SSL_free(ssl); }
};

// OpenSSL works on two buffers in memory; this class carries their bytes to and from the socket. So its deadlines hold,
// and no write of OpenSSL's own can raise SIGPIPE.
class TlsStream : public Stream {
 public:
  TlsStream(std::unique_ptr<Stream> socket, const std::string& host) : socket_(std::move(socket)) {
    context_.reset(::SSL_CTX_new(::TLS_client_method()));
    if (!context_ || ::SSL_CTX_set_default_verify_paths(context_.get()) != 1) fail("set up");
    ssl_.reset(::SSL_new(context_.get()));
    BIO* const in = ::BIO_new(::BIO_s_mem());
    BIO* const out = ::BIO_new(::BIO_s_mem());
    if (!ssl_ || !in || !out) fail("set up");
    ::SSL_set_bio(ssl_.get(), in, out);  // which owns them from now on
    ::SSL_set_verify(ssl_.get(), SSL_VERIFY_PEER, nullptr);
    if (!expect_host(host)) fail("set up");
    ::SSL_set_connect_state(ssl_.get());
    until_done("greet", [this] { return ::SSL_do_handshake(ssl_.get()); });
  }

  std::size_t read(std::span<char> buffer) override {
    std::size_t n = 0;
    until_done("read", [&] { return ::SSL_read_ex(ssl_.get(), buffer.data(), buffer.size(), &n); });
    return n;
  }

  void write(std::string_view bytes) override {
    std::size_t n = 0;
    until_done("write", [&] { return ::SSL_write_ex(ssl_.get(), bytes.data(), bytes.size(), &n); });
  }

 private:
  // The name, or the number, that the certificate has to be for.
  bool expect_host(const std::string& host) {
    X509_VERIFY_PARAM* const param = ::SSL_get0_param(ssl_.get());
    if (::X509_VERIFY_PARAM_set1_ip_asc(param, host.c_str()) == 1) return true;
    ::ERR_clear_error();
    return ::SSL_set_tlsext_host_name(ssl_.get(), host.c_str()) == 1 && ::SSL_set1_host(ssl_.get(), host.c_str()) == 1;
  }

  // Repeats `step`, moving bytes in between, until it succeeds or the peer has closed.
  template <typename Step>
  void until_done(const char* what, Step step) {
    for (;;) {
      ::ERR_clear_error();
      const int result = step();
      const int error = result == 1 ? SSL_ERROR_NONE : ::SSL_get_error(ssl_.get(), result);
      flush();
      if (error == SSL_ERROR_NONE || error == SSL_ERROR_ZERO_RETURN) return;
      if (error != SSL_ERROR_WANT_READ) fail(what);
      std::array<char, 16 * 1024> chunk;
      const std::size_t n = socket_->read(chunk);
      // Without TLS's own goodbye somebody on the way may have cut the answer short.
      if (n == 0) throw std::system_error(ECONNRESET, std::generic_category(), "TLS");
      ::BIO_write(::SSL_get_rbio(ssl_.get()), chunk.data(), static_cast<int>(n));
    }
  }

  void flush() {
    char* bytes = nullptr;
    BIO* const out = ::SSL_get_wbio(ssl_.get());
    const long n = ::BIO_get_mem_data(out, &bytes);
    if (n > 0) socket_->write({bytes, static_cast<std::size_t>(n)});
    BIO_reset(out);
  }

  [[noreturn]] void fail(const char* what) const {
    const long verdict = ssl_ ? ::SSL_get_verify_result(ssl_.get()) : X509_V_OK;
    if (verdict != X509_V_OK) {
      throw TlsError(
          fmt::format("The server's certificate is not trusted: {}.", ::X509_verify_cert_error_string(verdict)));
    }
    std::array<char, 256> reason{};
    ::ERR_error_string_n(::ERR_get_error(), reason.data(), reason.size());
    throw TlsError(fmt::format("TLS could not {}: {}.", what, reason.data()));
  }

  std::unique_ptr<Stream> socket_;
  std::unique_ptr<SSL_CTX, Free> context_;
  std::unique_ptr<SSL, Free> ssl_;
};

}  // namespace

std::unique_ptr<Stream> start_tls(std::unique_ptr<Stream> socket, const std::string& host) {
  return std::make_unique<TlsStream>(std::move(socket), host);
}

}  // namespace rpc
