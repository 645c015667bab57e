#include "rpc/tls_tunnel.h"

#include <fcntl.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <string>
#include <system_error>

namespace rpc {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds kLastBytes{5};    // for what the user had written when he left
constexpr std::size_t kBlock = 64 * 1024;        // read at once from either side
constexpr std::size_t kMostUnsent = 256 * 1024;  // encrypted and not yet taken by the network

void set_nonblocking(int fd) {
  if (::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK) != 0)
    throw std::system_error(errno, std::generic_category(), "fcntl");
}

bool would_block(ssize_t n) {
  return n < 0 && (errno == EAGAIN || errno == EINTR);
}

// Sends the start of `bytes` that the descriptor takes now, and removes it. False when the other side is gone.
bool send_some(int fd, std::string& bytes) {
  if (bytes.empty()) return true;
  const ssize_t n = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  if (n > 0) bytes.erase(0, static_cast<std::size_t>(n));
  return n > 0 || would_block(n);
}

}  // namespace

// What the thread does: a loop that moves what can be moved and then sleeps until more can. OpenSSL works on buffers in
// memory; each direction is read from only when what it had given before has gone.
class TlsTunnel::Carrier {
 public:
  Carrier(int socket, int inner, ssl_st* ssl) : socket_(socket), inner_(inner), ssl_(ssl) {}

  void run() {
    while (move()) {
      // A side that has ended would be reported by every poll, wanted or not.
      pollfd fds[] = {{left_ ? -1 : inner_, inner_events(), 0}, {socket_events() ? socket_ : -1, socket_events(), 0}};
      if (::poll(fds, 2, patience()) < 0 && errno != EINTR) return;
      if (fds[0].revents & POLLHUP) leave();
      if (fds[1].revents & POLLERR) return;
    }
  }

 private:
  // False when there is no more to do.
  bool move() {
    if (!left_ && !decrypt()) return false;
    if (!left_ && !send_some(inner_, plain_)) leave();
    if (!encrypt() || !send_some(socket_, encrypted_)) return false;
    if (peer_done_ && plain_.empty() && !told_user_) {
      ::shutdown(inner_, SHUT_WR);
      told_user_ = true;
    }
    const bool all_sent = user_done_ && encrypted_.empty();
    if (left_ && Clock::now() > deadline_) return false;
    return !(all_sent && (left_ || told_user_));
  }

  bool decrypt() {
    if (!plain_.empty() || peer_done_) return true;
    if (!more_from_peer()) return false;
    std::array<char, kBlock> block;
    for (;;) {
      std::size_t n = 0;
      const int result = ::SSL_read_ex(ssl_, block.data(), block.size(), &n);
      if (result == 1) {
        plain_.append(block.data(), n);
        continue;
      }
      const int error = ::SSL_get_error(ssl_, result);
      peer_done_ = error == SSL_ERROR_ZERO_RETURN;
      return peer_done_ || error == SSL_ERROR_WANT_READ;
    }
  }

  // False when the connection has ended without TLS's own goodbye: somebody on the way may have cut it short.
  bool more_from_peer() {
    std::array<char, kBlock> block;
    const ssize_t n = ::recv(socket_, block.data(), block.size(), MSG_DONTWAIT);
    if (n > 0) ::BIO_write(::SSL_get_rbio(ssl_), block.data(), static_cast<int>(n));
    return n > 0 || would_block(n);
  }

  bool encrypt() {
    if (reads_user()) {
      std::array<char, kBlock> block;
      const ssize_t n = ::recv(inner_, block.data(), block.size(), MSG_DONTWAIT);
      std::size_t written = 0;
      if (n > 0 && ::SSL_write_ex(ssl_, block.data(), static_cast<std::size_t>(n), &written) != 1) return false;
      if (n == 0 || (n < 0 && !would_block(n))) {
        user_done_ = true;
        ::SSL_shutdown(ssl_);
      }
    }
    // TLS has things of its own to say, too.
    char* bytes = nullptr;
    BIO* const out = ::SSL_get_wbio(ssl_);
    const long n = ::BIO_get_mem_data(out, &bytes);
    if (n > 0) encrypted_.append(bytes, static_cast<std::size_t>(n));
    BIO_reset(out);
    return true;
  }

  // The user has closed his end altogether: nobody reads what the peer says.
  void leave() {
    if (left_) return;
    left_ = true;
    deadline_ = Clock::now() + kLastBytes;
  }
  // For poll, in milliseconds.
  int patience() const {
    if (!left_) return -1;
    if (reads_user()) return 0;
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline_ - Clock::now()).count();
    return left > 0 ? static_cast<int>(left) : 0;
  }
  bool reads_user() const { return encrypted_.size() < kMostUnsent && !user_done_; }

  short inner_events() const {
    return static_cast<short>((reads_user() ? POLLIN : 0) | (plain_.empty() ? 0 : POLLOUT));
  }
  short socket_events() const {
    const bool reads = plain_.empty() && !peer_done_ && !left_;
    return static_cast<short>((reads ? POLLIN : 0) | (encrypted_.empty() ? 0 : POLLOUT));
  }

  const int socket_, inner_;
  ssl_st* const ssl_;
  std::string plain_, encrypted_;  // for the user, for the network
  bool user_done_ = false, peer_done_ = false, told_user_ = false, left_ = false;
  Clock::time_point deadline_;
};

TlsTunnel::TlsTunnel(FileDescriptor socket, Tls tls) : socket_(std::move(socket)), tls_(std::move(tls)) {
  int pair[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
    throw std::system_error(errno, std::generic_category(), "socketpair");
  inner_.reset(pair[0]);
  end_.reset(pair[1]);
  set_nonblocking(inner_.get());
  set_nonblocking(socket_.get());
  thread_ = std::thread([this] { carry(); });
}

TlsTunnel::~TlsTunnel() {
  end_.reset();
  thread_.join();
}

void TlsTunnel::carry() noexcept {
  try {
    Carrier(socket_.get(), inner_.get(), tls_.get()).run();
  } catch (const std::exception&) {
    // Without memory there is no tunnel: both ends notice.
  }
  ::shutdown(socket_.get(), SHUT_RDWR);
  ::shutdown(inner_.get(), SHUT_RDWR);
}

}  // namespace rpc
