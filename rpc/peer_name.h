// Who is at the other end of a connected socket, for log lines and access lists.
#pragma once

#include <string>

namespace rpc {

// `process 1234 (uid 0)` on a unix socket, `192.0.2.1:40000` or `[2001:db8::1]:40000` on TCP.
std::string peer_name(int fd);

// The peer's address without port, an IPv4 one always dotted; "" when the socket is none of TCP or has lost its peer.
std::string peer_ip(int fd);

}  // namespace rpc
