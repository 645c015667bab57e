// A TLS connection for who wants a plain descriptor: programs that write a domain's memory know nothing of TLS. A
// thread carries the bytes between the TCP socket, where they are encrypted, and one end of a pair of sockets; the
// other end is the user's.
#pragma once

#include <memory>
#include <thread>

#include "rpc/file_descriptor.h"
#include "rpc/tls.h"

namespace rpc {

class TlsTunnel {
 public:
  // Carries what goes through the connected `socket`. `tls`: the hands were shaken over it, and it works on two buffers
  // in memory from here on. Throws std::system_error.
  TlsTunnel(FileDescriptor socket, Tls tls);

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
  void carry() noexcept;

  class Carrier;
  FileDescriptor socket_, inner_, end_;
  Tls tls_;
  std::thread thread_;
};

}  // namespace rpc
