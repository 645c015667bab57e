#include "rpc/kernel_tls.h"

#include <linux/tls.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace rpc {

namespace {

#ifndef SOL_TLS
constexpr int SOL_TLS = 282;
#endif

// Room for one control message that is a byte: the type of a record.
union RecordType {
  cmsghdr header;
  std::array<char, CMSG_SPACE(1)> bytes;
};

}  // namespace

bool prepare_kernel_tls(int fd) {
  return ::setsockopt(fd, IPPROTO_TCP, TCP_ULP, "tls", sizeof "tls") == 0;
}

void use_kernel_tls(ssl_st* ssl) {
  ::SSL_set_options(ssl, SSL_OP_ENABLE_KTLS);
  SSL_set_max_proto_version(ssl, TLS1_2_VERSION);
}

KernelTls kernel_tls_of(ssl_st* ssl) {
  const bool sends = BIO_get_ktls_send(::SSL_get_wbio(ssl));
  const bool receives = BIO_get_ktls_recv(::SSL_get_rbio(ssl));
  if (sends != receives) return KernelTls::kOneDirection;
  return sends ? KernelTls::kAll : KernelTls::kNothing;
}

ssize_t receive_from_kernel(int fd, std::span<char> buffer, int flags) {
  iovec piece{buffer.data(), buffer.size()};
  RecordType type{};
  msghdr message{};
  message.msg_iov = &piece;
  message.msg_iovlen = 1;
  message.msg_control = type.bytes.data();
  message.msg_controllen = type.bytes.size();
  const ssize_t n = ::recvmsg(fd, &message, flags);
  const cmsghdr* const header = n >= 0 ? CMSG_FIRSTHDR(&message) : nullptr;
  if (!header || header->cmsg_level != SOL_TLS || header->cmsg_type != TLS_GET_RECORD_TYPE) return n;
  const unsigned char record = *CMSG_DATA(header);
  if (record == SSL3_RT_APPLICATION_DATA) return n;
  if (record == SSL3_RT_ALERT && n == 2 && buffer[1] == SSL_AD_CLOSE_NOTIFY) return 0;
  errno = ECONNABORTED;
  return -1;
}

void send_goodbye_by_kernel(int fd) noexcept {
  std::array<char, 2> alert{SSL3_AL_WARNING, SSL_AD_CLOSE_NOTIFY};
  iovec piece{alert.data(), alert.size()};
  RecordType type{};
  msghdr message{};
  message.msg_iov = &piece;
  message.msg_iovlen = 1;
  message.msg_control = type.bytes.data();
  message.msg_controllen = type.bytes.size();
  cmsghdr* const header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_TLS;
  header->cmsg_type = TLS_SET_RECORD_TYPE;
  header->cmsg_len = CMSG_LEN(1);
  *CMSG_DATA(header) = SSL3_RT_ALERT;
  ::sendmsg(fd, &message, MSG_NOSIGNAL);
}

}  // namespace rpc
