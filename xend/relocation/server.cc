#include "xend/relocation/server.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <system_error>

#include "rpc/listen.h"
#include "rpc/peer_name.h"
#include "xend/error.h"
#include "xend/log.h"
#include "xend/relocation/receiver.h"

namespace xend {

namespace {

using namespace std::chrono_literals;

// The IPv4 address of an interface of that name; the text itself when there is none (spec xend-config 4.3).
std::string address_of(const std::string& address) {
  const bool number = address.find_first_not_of("0123456789.") == std::string::npos;
  if (number || address.size() >= IFNAMSIZ) return address;
  const rpc::FileDescriptor any(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  ifreq request{};
  std::memcpy(request.ifr_name, address.data(), address.size());
  if (!any || ioctl(any.get(), SIOCGIFADDR, &request) != 0) return address;
  char text[INET_ADDRSTRLEN] = "";
  inet_ntop(AF_INET, &reinterpret_cast<sockaddr_in&>(request.ifr_addr).sin_addr, text, sizeof text);
  return text;
}

}  // namespace

rpc::FileDescriptor listen_for_relocation(const std::string& address, unsigned port) {
  const auto deadline = std::chrono::steady_clock::now() + 30s;
  while (true) {
    try {
      rpc::FileDescriptor listening(rpc::listen_tcp(address_of(address), port));
      XEND_LOG(Debug, "Listening on {}:{}", address, port);
      return listening;
    } catch (const std::system_error& e) {
      // The daemon before this one may still be going down.
      if (e.code().value() != EADDRINUSE || std::chrono::steady_clock::now() > deadline)
        throw Error(fmt::format("The relocation server cannot listen on '{}' port {}: {}", address, port, e.what()));
      std::this_thread::sleep_for(500ms);
    }
  }
}

RelocationServer::RelocationServer(Host& host, rpc::FileDescriptor listening, AccessList allowed,
                                   RelocationLimits limits, std::shared_ptr<const rpc::TlsParty> tls)
    : host_(host),
      listening_(std::move(listening)),
      wake_(eventfd(0, EFD_CLOEXEC)),
      allowed_(std::move(allowed)),
      tls_(std::move(tls)),
      limits_(limits) {
  acceptor_ = std::thread([this] { accept_loop(); });
}

RelocationServer::~RelocationServer() {
  eventfd_write(wake_.get(), 1);
  acceptor_.join();
  rpc::close_listener(listening_);
  std::unique_lock lock(mutex_);
  for (const auto& socket : serving_) shutdown(socket.get(), SHUT_RDWR);
  ended_.wait(lock, [this] { return serving_.empty(); });
}

void RelocationServer::accept_loop() {
  while (true) {
    pollfd fds[] = {{listening_.get(), POLLIN, 0}, {wake_.get(), POLLIN, 0}};
    if (poll(fds, 2, -1) < 0 && errno != EINTR)
      return XEND_LOG(Error, "Relocation server: poll: {}", std::strerror(errno));
    if (fds[1].revents) return;
    if (!fds[0].revents) continue;
    rpc::FileDescriptor socket(accept4(listening_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (!socket) {
      XEND_LOG(Warning, "Relocation server: accept: {}", std::strerror(errno));
      if (errno == EMFILE || errno == ENFILE) std::this_thread::sleep_for(100ms);  // others give some back
      continue;
    }
    const std::string ip = rpc::peer_ip(socket.get());
    begin(std::move(socket), ip.empty() ? "a local process" : ip);
  }
}

void RelocationServer::begin(rpc::FileDescriptor socket, std::string ip) {
  const std::lock_guard lock(mutex_);
  if (serving_.size() >= limits_.connections) {
    if (const auto left_out = crowd_.admit())
      XEND_LOG(Warning, "Rejected connection from {}: {} others are being served already ({} more of late).", ip,
               serving_.size(), *left_out);
    return;
  }
  const auto self = serving_.emplace(serving_.end(), dup(socket.get()));
  // Detached: the destructor waits until serving_ is empty, and a thread does nothing after it has left that.
  std::thread([this, ip = std::move(ip), held = std::move(socket), self]() mutable {
    serve(std::move(held), ip);
    const std::lock_guard ended(mutex_);
    serving_.erase(self);
    ended_.notify_all();
  }).detach();
}

void RelocationServer::serve(rpc::FileDescriptor socket, const std::string& ip) {
  const auto verdict = allowed_.check(ip);
  if (!verdict.accepted) {
    if (const auto left_out = strangers_.admit())
      XEND_LOG(Warning, "Rejected connection from {} ({}).{}", ip, verdict.fqdn, rpc::left_out_note(*left_out));
    return;
  }
  serve_relocation(host_, Peer(std::move(socket)), ip, tls_.get(), limits_, nonsense_);
}

}  // namespace xend
