#include "rpc/tls_party.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <system_error>

#include "rpc/kernel_tls.h"

namespace rpc {

namespace {

using Clock = std::chrono::steady_clock;

// What the kernel can do goes first; what follows is for hosts of old.
constexpr const char* kCiphers = "ECDHE+AESGCM:DEFAULT";
constexpr std::chrono::seconds kLastWord{1};  // for a peer to read why it is turned away

TlsContext make_context(TlsEnd end, const std::string& key_file, const std::string& cert_file, const TlsTrust& trust) {
  TlsContext context = make_tls_context(end);
  if (::SSL_CTX_set_cipher_list(context.get(), kCiphers) != 1) throw TlsError("TLS has none of the ciphers it needs.");
  ::SSL_CTX_set_options(context.get(), SSL_OP_CIPHER_SERVER_PREFERENCE);
  if (!cert_file.empty()) show_certificate(context.get(), key_file, cert_file);
  if (trust.asks()) ask_for_certificates(context.get(), trust);
  return context;
}

Tls make_connection(ssl_ctx_st* context) {
  Tls tls(::SSL_new(context));
  if (!tls) throw TlsError("TLS could not be set up: there is no memory.");
  return tls;
}

void set_blocking(int fd, bool blocking) {
  const int flags = ::fcntl(fd, F_GETFL);
  if (flags < 0 || ::fcntl(fd, F_SETFL, blocking ? flags & ~O_NONBLOCK : flags | O_NONBLOCK) != 0)
    throw std::system_error(errno, std::generic_category(), "fcntl");
}

// False when the deadline passes.
bool wait_for(int fd, short events, Deadline deadline) {
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
    if (left <= 0) return false;
    pollfd p{fd, events, 0};
    const int ready = ::poll(&p, 1, static_cast<int>(std::min<decltype(left)>(left, 60'000)));
    if (ready > 0) return true;
    if (ready < 0 && errno != EINTR) throw std::system_error(errno, std::generic_category(), "poll");
  }
}

bool is_about_certificates(int alert) {
  switch (alert) {
    case SSL_AD_BAD_CERTIFICATE:
    case SSL_AD_UNSUPPORTED_CERTIFICATE:
    case SSL_AD_CERTIFICATE_REVOKED:
    case SSL_AD_CERTIFICATE_EXPIRED:
    case SSL_AD_CERTIFICATE_UNKNOWN:
    case SSL_AD_UNKNOWN_CA:
    case SSL_AD_ACCESS_DENIED:
    case SSL_AD_CERTIFICATE_REQUIRED:
      return true;
    default:
      return false;
  }
}

// The peer has said that it does not want to go on.
void throw_if_refused_by_peer(const ssl_st* ssl, int reason) {
  const int alert = reason - SSL_AD_REASON_OFFSET;
  const X509* const own = ::SSL_get_certificate(ssl);
  if (!own && (alert == SSL_AD_HANDSHAKE_FAILURE || alert == SSL_AD_CERTIFICATE_REQUIRED))
    throw TlsRefusal(TlsRefusal::By::kThem, "It asks for a certificate, it seems, and this host has none to show.");
  if (own && is_about_certificates(alert))
    throw TlsRefusal(TlsRefusal::By::kThem,
                     fmt::format("It does not take this host's certificate, whose SHA-256 fingerprint is {}.",
                                 Fingerprint::of(own).text()));
}

[[noreturn]] void fail(const ssl_st* ssl, int error, const TlsVerdict& verdict) {
  const int socket_error = errno;
  const unsigned long code = ::ERR_peek_error();
  const int reason = ERR_GET_LIB(code) == ERR_LIB_SSL ? ERR_GET_REASON(code) : 0;
  if (!verdict.reason.empty())
    throw TlsRefusal(TlsRefusal::By::kUs,
                     fmt::format("It showed the certificate with the SHA-256 fingerprint {}, and {}.",
                                 verdict.shown ? verdict.shown->text() : "unknown", verdict.reason));
  if (reason == SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE)
    throw TlsRefusal(TlsRefusal::By::kUs, "It showed no certificate, and hosts without one may not speak here.");
  throw_if_refused_by_peer(ssl, reason);
  if (reason == SSL_R_UNEXPECTED_EOF_WHILE_READING || (error == SSL_ERROR_SYSCALL && socket_error == 0))
    throw std::system_error(ECONNRESET, std::generic_category(), "TLS");
  if (error == SSL_ERROR_SYSCALL) throw std::system_error(socket_error, std::generic_category(), "TLS");
  std::array<char, 256> text{};
  ::ERR_error_string_n(code, text.data(), text.size());
  throw TlsError(fmt::format("TLS could not greet: {}.", text.data()));
}

void shake_hands(ssl_st* ssl, int fd, const TlsVerdict& verdict, Deadline deadline) {
  for (;;) {
    ::ERR_clear_error();
    errno = 0;
    const int result = ::SSL_do_handshake(ssl);
    if (result == 1) return;
    const int error = ::SSL_get_error(ssl, result);
    if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE) fail(ssl, error, verdict);
    if (!wait_for(fd, error == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT, deadline))
      throw std::system_error(ETIMEDOUT, std::generic_category(), "TLS");
  }
}

// A close with bytes unread would take the alert, which says why, away from the peer.
void let_read(int fd) {
  ::shutdown(fd, SHUT_WR);
  const auto deadline = Clock::now() + kLastWord;
  std::array<char, 4096> waste;
  while (wait_for(fd, POLLIN, deadline)) {
    const ssize_t n = ::recv(fd, waste.data(), waste.size(), MSG_DONTWAIT);
    if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR)) return;
  }
}

// From the socket to two buffers in memory, for the tunnel.
void detach(ssl_st* ssl) {
  BIO* const in = ::BIO_new(::BIO_s_mem());
  BIO* const out = ::BIO_new(::BIO_s_mem());
  if (!in || !out) throw TlsError("TLS could not be set up: there is no memory.");
  ::SSL_set_bio(ssl, in, out);
}

}  // namespace

TlsParty::TlsParty(const std::string& key_file, const std::string& cert_file, TlsTrust trust)
    : trust_(std::move(trust)), client_(make_context(TlsEnd::kClient, key_file, cert_file, trust_)) {
  if (!cert_file.empty()) server_ = make_context(TlsEnd::kServer, key_file, cert_file, trust_);
}

SecuredSocket TlsParty::accept(FileDescriptor socket, Deadline deadline) const {
  if (!server_) throw TlsError("A server needs a certificate to show.");
  Tls tls = make_connection(server_.get());
  ::SSL_set_accept_state(tls.get());
  return secure(std::move(socket), std::move(tls), deadline);
}

SecuredSocket TlsParty::connect(FileDescriptor socket, const std::string& host, Deadline deadline) const {
  Tls tls = make_connection(client_.get());
  expect_host(tls.get(), host);
  ::SSL_set_connect_state(tls.get());
  return secure(std::move(socket), std::move(tls), deadline);
}

SecuredSocket TlsParty::secure(FileDescriptor socket, Tls tls, Deadline deadline) const {
  TlsVerdict verdict;
  ssl_st* const ssl = tls.get();
  set_verdict(ssl, verdict);
  set_blocking(socket.get(), false);
  if (prepare_kernel_tls(socket.get())) use_kernel_tls(ssl);
  if (::SSL_set_fd(ssl, socket.get()) != 1) throw TlsError("TLS could not be set up: there is no memory.");
  try {
    shake_hands(ssl, socket.get(), verdict, deadline);
  } catch (const TlsError&) {
    let_read(socket.get());
    throw;
  }
  const KernelTls kernel = kernel_tls_of(ssl);
  if (kernel == KernelTls::kOneDirection) throw TlsError("The kernel does TLS in one direction only.");
  // Nobody speaks before he was asked to: what came already would be lost to who reads the socket from now on.
  if (::SSL_has_pending(ssl)) throw TlsError("It spoke before it was its turn.");
  SecuredSocket secured;
  secured.peer = verdict;
  secured.how = fmt::format("{} {}, by {}", ::SSL_get_version(ssl), ::SSL_get_cipher_name(ssl),
                            kernel == KernelTls::kAll ? "the kernel" : "xend");
  set_blocking(socket.get(), true);
  if (kernel == KernelTls::kAll) {
    secured.fd = std::move(socket);
    return secured;
  }
  detach(ssl);
  secured.tunnel = std::make_unique<TlsTunnel>(std::move(socket), std::move(tls));
  secured.fd = secured.tunnel->take_end();
  return secured;
}

}  // namespace rpc
