// A TLS connection for who wants a plain descriptor: programs that write a domain's memory know nothing of TLS. A
// thread carries the bytes between the TCP socket, where they are encrypted, and one end of a pair of sockets; the
// other end is the user's.
#pragma once

#include <memory>
#include <thread>

#include "rpc/file_descriptor.h"
#include "rpc/stream.h"
#include "rpc/tls.h"

namespace rpc {

class TlsTunnel {
 public:
  // Shakes hands over the connected TCP `socket`, as the server that `identity` shows or as the client of one, until
  // `deadline`. A client does not ask whose certificate it is shown: classic daemons have nothing to check it against
  // (spec protocols 1.1). Throws TlsError, std::system_error (ETIMEDOUT when the deadline passes).
  static std::unique_ptr<TlsTunnel> accept(FileDescriptor socket, const TlsIdentity& identity, Deadline deadline);
  static std::unique_ptr<TlsTunnel> connect(FileDescriptor socket, Deadline deadline);

  // Sends what the user had written, for five seconds at most, and closes the connection. The user's end has to be
  // closed before.
  ~TlsTunnel();
  TlsTunnel(const TlsTunnel&) = delete;
  TlsTunnel& operator=(const TlsTunnel&) = delete;

  // The user's end, once: a blocking stream socket. Shutting down its writing side says goodbye to the peer, and the
  // peer's goodbye is the end of what can be read. After a failure of TLS or the network reads end as well, and writes
  // fail with EPIPE.
  FileDescriptor take_end() { return std::move(end_); }

 private:
  TlsTunnel(FileDescriptor socket, Tls tls);
  void carry() noexcept;

  class Carrier;
  FileDescriptor socket_, inner_, end_;
  Tls tls_;
  std::thread thread_;
};

}  // namespace rpc
