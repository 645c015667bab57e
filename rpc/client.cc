#include "rpc/client.h"

#include <fmt/format.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include <cerrno>
#include <cstring>
#include <system_error>

#include "rpc/codec.h"
#include "rpc/http.h"
#include "rpc/ssh_stream.h"
#include "rpc/stream.h"
#include "rpc/tls.h"
#include "rpc/unix_address.h"
#include "rpc/uri.h"

namespace rpc {

namespace {

constexpr std::size_t kHeadBytes = 64 * 1024;

[[noreturn]] void throw_errno(int error) {
  throw std::system_error(error, std::generic_category());
}

FileDescriptor connect_unix(const std::string& path) {
  const UnixAddress address(path);
  FileDescriptor fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!fd || ::connect(fd.get(), address.get(), address.size()) != 0) throw_errno(errno);
  return fd;
}

// Tries each address of the host in turn; throws the error of the last.
FileDescriptor connect_tcp(const Uri& uri) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int failed = ::getaddrinfo(uri.host.c_str(), uri.port.c_str(), &hints, &found);
  if (failed != 0) {
    throw ConnectionError(0, fmt::format("Cannot find the host {}: {}.", uri.host, ::gai_strerror(failed)));
  }
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(found, ::freeaddrinfo);
  int error = EHOSTUNREACH;
  for (const addrinfo* a = found; a; a = a->ai_next) {
    FileDescriptor fd(::socket(a->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (fd && ::connect(fd.get(), a->ai_addr, a->ai_addrlen) == 0) {
      // Keep-alive: a call may take minutes, and its host may lose power in the meantime.
      const int on = 1;
      ::setsockopt(fd.get(), SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
      ::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
      return fd;
    }
    error = errno;
  }
  throw_errno(error);
}

}  // namespace

struct Client::Impl {
  Uri uri;
  std::string where;  // the URI as given, for messages
  std::unique_ptr<Stream> stream;
  SocketStream* socket = nullptr;  // what is below `stream`; null when there is no connection

  void connect();
  void disconnect();
  void send(const std::string& xml);
  std::string receive();
};

void Client::Impl::connect() {
  std::unique_ptr<SocketStream> plain;
  if (uri.scheme == Uri::Scheme::kSsh)
    plain = std::make_unique<SshStream>(uri);
  else
    plain =
        std::make_unique<SocketStream>(uri.scheme == Uri::Scheme::kUnix ? connect_unix(uri.path) : connect_tcp(uri));
  SocketStream* const below = plain.get();
  stream = std::move(plain);
  if (uri.scheme == Uri::Scheme::kHttps) stream = start_tls(std::move(stream), uri.host);
  socket = below;
}

void Client::Impl::disconnect() {
  socket = nullptr;
  stream.reset();
}

void Client::Impl::send(const std::string& xml) {
  const bool is_local = uri.scheme == Uri::Scheme::kUnix || uri.scheme == Uri::Scheme::kSsh;  // as its reader sees it
  const std::string host = uri.host.find(':') == std::string::npos ? uri.host : "[" + uri.host + "]";
  stream->write(fmt::format(
      "POST {} HTTP/1.1\r\nHost: {}\r\nUser-Agent: xm\r\nContent-Type: text/xml\r\nContent-Length: {}\r\n\r\n{}",
      is_local ? "/RPC2" : uri.path, is_local ? "localhost" : host + ":" + uri.port, xml.size(), xml));
}

// The body of the response, which was read whole.
std::string Client::Impl::receive() {
  HttpReader reader(*stream);
  if (!reader.wait_for_message()) throw ProtocolError("Invalid or missing HTTP status code.");
  ResponseHead head;
  try {
    head = parse_response_head(reader.read_head(kHeadBytes));
  } catch (const HttpError&) {
    throw ProtocolError("Invalid or missing HTTP status code.");
  }
  if (head.status != 200) throw ProtocolError(fmt::format("ProtocolError({}, {}).", head.status, head.reason));
  if (head.chunked) throw ProtocolError("The answer is chunked, which is not supported.");
  if (head.content_length.value_or(0) > kResponseLimits.bytes) {
    throw ProtocolError(fmt::format("The answer has {} bytes, which is too much.", *head.content_length));
  }
  try {
    std::string body =
        head.content_length ? reader.read_body(*head.content_length) : reader.read_to_end(kResponseLimits.bytes);
    if (!head.keep_alive || !head.content_length) disconnect();
    return body;
  } catch (const HttpError& e) {
    throw ProtocolError(e.what());
  }
}

Client::Client(std::string uri) : impl_(std::make_unique<Impl>()) {
  impl_->uri = parse_uri(uri);
  impl_->where = std::move(uri);
}

Client::~Client() = default;

Value Client::call(const std::string& method, const Array& params) {
  const std::string request = encode_call(method, params);
  std::string response;
  try {
    // Between two calls a server has nothing to say: what is readable then is its closing.
    if (impl_->socket && impl_->socket->readable()) impl_->disconnect();
    if (!impl_->socket) impl_->connect();
    impl_->send(request);
    response = impl_->receive();
  } catch (const std::system_error& e) {
    impl_->disconnect();
    throw ConnectionError(e.code().value(),
                          fmt::format("Cannot talk to {}: {}.", impl_->where, std::strerror(e.code().value())));
  } catch (const TlsError& e) {
    impl_->disconnect();
    throw ConnectionError(0, fmt::format("Cannot talk to {}: {}", impl_->where, e.what()));
  } catch (...) {
    impl_->disconnect();
    throw;
  }
  try {
    return decode_response(response);
  } catch (const DecodeError& e) {
    throw ProtocolError(e.what());
  }
}

}  // namespace rpc
