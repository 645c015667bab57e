// TLS by the kernel (module tls, Linux 4.17 and later): who writes into such a socket writes what is to be encrypted,
// and who reads it gets what was decrypted, whichever program that is. OpenSSL shakes hands and gives the kernel the
// keys.
#pragma once

#include <sys/types.h>

#include <span>

struct ssl_st;

namespace rpc {

// Asks the kernel to be ready for the keys of the connected TCP socket `fd`; it loads its module. False when it has
// none, or has no TLS on sockets of this kind.
bool prepare_kernel_tls(int fd);

// Lets the handshake on `ssl` give the keys to a kernel that is ready. TLS 1.2 at most: OpenSSL 3.0 leaves what is
// received through TLS 1.3 to programs.
void use_kernel_tls(ssl_st* ssl);

// What the kernel does for a connection after its handshake.
enum class KernelTls { kNothing, kOneDirection, kAll };
KernelTls kernel_tls_of(ssl_st* ssl);

// recv(2), of at least two bytes: 0 also for the peer's goodbye, -1 with ECONNABORTED for other words of TLS itself,
// for which recv has EIO alone.
ssize_t receive_from_kernel(int fd, std::span<char> buffer, int flags);

// Says that nothing more comes from this end.
void send_goodbye_by_kernel(int fd) noexcept;

}  // namespace rpc
