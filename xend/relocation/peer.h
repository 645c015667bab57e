// A connection between two daemons: a blocking socket with time limits, as the helper programs can take it over.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "rpc/file_descriptor.h"
#include "rpc/tls_party.h"

namespace xend {

class Peer {
 public:
  // Takes over a connected TCP socket. Sets it up so that a host that vanishes is noticed within half a minute.
  explicit Peer(rpc::FileDescriptor socket);

  // From here on everything goes through TLS; fd() can be another one then. `host`: the server's name or address.
  // Throws rpc::TlsError, std::system_error.
  void encrypt_as_server(const rpc::TlsParty& here, std::chrono::milliseconds limit);
  void encrypt_as_client(const rpc::TlsParty& here, const std::string& host, std::chrono::milliseconds limit);

  // How what goes over it is protected, for the log: `in cleartext`, or `encrypted with ...`.
  const std::string& protection() const { return protection_; }
  // False when whoever is on the wire can be at the other end.
  bool certified() const { return certified_; }

  int fd() const { return socket_.get(); }

  // Sends all of it. Throws std::system_error.
  void send(std::string_view bytes);

  // What arrives within `limit`, at most `size` bytes, as one receive gives it; "" when the peer has closed. Throws
  // std::system_error, ETIMEDOUT when nothing arrives.
  std::string receive(std::size_t size, std::chrono::milliseconds limit);

  // No more bytes from this side; the peer's can still be read.
  void half_close();

  // Reads and drops what still comes, until the peer closes, `limit` passes or a gigabyte went by: only then does a
  // close not take the last answer away from the peer.
  void drain(std::chrono::milliseconds limit) noexcept;

 private:
  using Deadline = std::chrono::steady_clock::time_point;
  void take(rpc::SecuredSocket secured, bool asked);
  ssize_t receive_some(std::span<char> buffer, Deadline deadline);

  std::unique_ptr<rpc::TlsTunnel> tunnel_;  // outlives socket_, which is its user's end then
  rpc::FileDescriptor socket_;
  bool by_kernel_ = false;  // socket_ is one that the kernel encrypts
  std::string protection_ = "in cleartext";
  bool certified_ = false;
};

// Connects to HOST:PORT (IPv4) within 30 seconds. Throws Error with the classic text `can't connect: [Errno 111]
// Connection refused` and a sentence on what to do.
Peer connect_to(const std::string& host, unsigned port);

// True when `host` names this machine: one of its own addresses, or the loopback.
bool is_this_host(const std::string& host);

}  // namespace xend
