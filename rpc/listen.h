// Bound, listening stream sockets. Who is served on them, and how, is not known here.
#pragma once

#include <string>

#include "rpc/file_descriptor.h"

namespace rpc {

// Binds and listens on the unix stream socket `path`. Its directory is created 0700, and chmod'ed to it when it exists;
// a stale socket is removed first (spec protocols 3.1). Returns the descriptor, which the caller owns. Throws
// std::system_error: EADDRINUSE when a process answers on the socket, EEXIST when `path` is not a socket.
int listen_unix(const std::string& path);

// The same for a path that the administrator chose: its directory is left as it is, or created 0700, and the socket's
// own mode keeps everybody else out.
int listen_unix_for_owner(const std::string& path);

// Binds and listens on TCP ADDRESS:PORT. `address` is a name or a number, of IPv4 where it has one (as classic); "" is
// every IPv4 address ("::" is every address of both kinds). `port` 0 lets the system choose one. SO_REUSEADDR. Returns
// the descriptor, which the caller owns. Throws std::system_error.
int listen_tcp(const std::string& address, unsigned port);

// Closes a listening socket; the file of a unix one goes first, so that nobody finds a door with nobody behind it.
void close_listener(FileDescriptor& listener) noexcept;

// The port that a TCP socket is bound to. Throws std::system_error.
unsigned port_of(int fd);

}  // namespace rpc
