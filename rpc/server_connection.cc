#include "rpc/server_connection.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <system_error>

#include "rpc/codec.h"

namespace rpc {

namespace {

constexpr std::size_t kWritePiece = 64 * 1024;
// How much of a refused request is read and thrown away so that the refusal arrives: closing a socket with unread bytes
// in it tells the peer that the connection was reset, and the answer is lost.
constexpr std::size_t kDrainBytes = 16 * 1024 * 1024;
constexpr auto kDrainTime = std::chrono::seconds(2);

// Who is at the other end, for the log: `process 1234 (uid 0)` or `192.0.2.1:40000`.
std::string peer_name(int fd) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (::getpeername(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) return "a peer that has gone";
  if (address.ss_family == AF_INET) {
    const auto& in = reinterpret_cast<const sockaddr_in&>(address);
    return fmt::format("{}:{}", ::inet_ntop(AF_INET, &in.sin_addr, text.data(), text.size()), ntohs(in.sin_port));
  }
  if (address.ss_family == AF_INET6) {
    const auto& in6 = reinterpret_cast<const sockaddr_in6&>(address);
    return fmt::format("[{}]:{}", ::inet_ntop(AF_INET6, &in6.sin6_addr, text.data(), text.size()),
                       ntohs(in6.sin6_port));
  }
  ucred who{};
  size = sizeof who;
  if (::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &size) != 0) return "an unknown process";
  return fmt::format("process {} (uid {})", who.pid, who.uid);
}

}  // namespace

void ServerContext::complain(const std::function<std::string()>& text) noexcept {
  try {
    const auto left_out = complaints.admit();
    if (!left_out) return;
    const std::string more = *left_out > 0 ? fmt::format(" ({} such lines left out before)", *left_out) : "";
    log("WARNING", fmt::format("{}: {}{}", name, text(), more));
  } catch (...) {
  }
}

ServerConnection::ServerConnection(FileDescriptor fd, ServerContext& context, std::function<void(bool)> on_idle)
    : context_(context), stream_(std::move(fd)), reader_(stream_), on_idle_(std::move(on_idle)) {}

void ServerConnection::hang_up() {
  ::shutdown(stream_.fd(), SHUT_RD);
}

void ServerConnection::set_deadline(unsigned seconds) {
  stream_.set_deadline(std::chrono::steady_clock::now() + std::chrono::seconds(seconds));
}

void ServerConnection::serve() noexcept {
  try {
    converse();
  } catch (const std::system_error& e) {
    // A client that leaves before its answer is no news; one that does not take it is.
    const bool left = e.code() == std::errc::broken_pipe || e.code() == std::errc::connection_reset;
    if (!left) context_.complain([&] { return fmt::format("lost {}: {}.", peer_name(stream_.fd()), e.what()); });
  } catch (const std::exception& e) {
    context_.complain([&] { return fmt::format("dropped {}: {}.", peer_name(stream_.fd()), e.what()); });
  }
  // The descriptor lives until the thread is joined; the client need not wait for that.
  ::shutdown(stream_.fd(), SHUT_RDWR);
}

void ServerConnection::converse() {
  for (bool more = true; more && !context_.stopping;) {
    set_deadline(context_.limits.idle_seconds);
    on_idle_(true);
    try {
      if (!reader_.wait_for_message()) return;
    } catch (const std::system_error& e) {
      if (e.code() == std::errc::timed_out) return;  // idle for long enough
      throw;
    }
    on_idle_(false);
    set_deadline(context_.limits.request_seconds);
    try {
      more = handle_request();
    } catch (const HttpError& e) {
      refuse(e);
      return;
    }
  }
}

// Reads one request and answers it. True when the client may send another.
bool ServerConnection::handle_request() {
  std::string body;
  const RequestHead head = read_request(body);
  const std::string xml = answer(body);
  const bool keep_alive = head.keep_alive && !context_.stopping;
  send(http_response(200, "text/xml", xml, keep_alive));
  return keep_alive;
}

RequestHead ServerConnection::read_request(std::string& body) {
  try {
    RequestHead head = parse_request_head(reader_.read_head(context_.limits.header_bytes));
    check(head);
    if (head.header("Expect") == "100-continue") stream_.write("HTTP/1.1 100 Continue\r\n\r\n");
    body = reader_.read_body(*head.content_length);
    return head;
  } catch (const std::system_error& e) {
    if (e.code() != std::errc::timed_out) throw;
    throw HttpError(408, fmt::format("The request did not arrive within {} seconds.", context_.limits.request_seconds));
  }
}

void ServerConnection::check(const RequestHead& head) const {
  if (head.method != "POST") {
    throw HttpError(501, fmt::format("XML-RPC is spoken here: the request must be POST, not {:.20}.", head.method));
  }
  if (head.chunked) throw HttpError(411, "Chunked requests are not understood: send a Content-Length.");
  if (!head.content_length) throw HttpError(411, "The request has no Content-Length.");
  if (*head.content_length > context_.limits.request_bytes) {
    throw HttpError(413, fmt::format("The request has {} bytes; at most {} are accepted.", *head.content_length,
                                     context_.limits.request_bytes));
  }
}

// The methodResponse to the methodCall in `body`, whatever happens.
std::string ServerConnection::answer(const std::string& body) {
  std::string method;
  std::string text = "an exception that says nothing about itself";
  try {
    const MethodCall call = decode_call(body, {.bytes = context_.limits.request_bytes});
    method = call.method;
    return encode_response(context_.dispatch(call.method, call.params, Caller{stream_.fd()}));
  } catch (const Fault& fault) {
    return encode_fault(fault.code(), fault.what());
  } catch (const DecodeError& e) {
    complain_about(e);
    return encode_fault(static_cast<int>(FaultCode::kInternal), e.what());
  } catch (const std::exception& e) {
    text = e.what();
  } catch (...) {
  }
  context_.log("ERROR", fmt::format("Internal error handling {}: {}", method, text));
  return encode_fault(static_cast<int>(FaultCode::kInternal), text);
}

// Each piece has the time that a whole request has: a log of megabytes may go over a slow line.
void ServerConnection::send(std::string_view response) {
  while (!response.empty()) {
    set_deadline(context_.limits.request_seconds);
    stream_.write(response.substr(0, kWritePiece));
    response.remove_prefix(std::min(kWritePiece, response.size()));
  }
}

void ServerConnection::complain_about(const std::exception& request) {
  context_.complain([&] { return fmt::format("bad request from {}: {}", peer_name(stream_.fd()), request.what()); });
}

void ServerConnection::refuse(const HttpError& error) {
  // Not the client's fault when it is the daemon that hung up.
  if (!context_.stopping) complain_about(error);
  send(http_response(error.status(), "text/plain", std::string(error.what()) + "\n", false));
  ::shutdown(stream_.fd(), SHUT_WR);
  stream_.set_deadline(std::chrono::steady_clock::now() + kDrainTime);
  std::array<char, kWritePiece> thrown_away;
  std::size_t total = 0;
  try {
    for (std::size_t n = 1; n > 0 && total < kDrainBytes; total += n) n = stream_.read(thrown_away);
  } catch (const std::system_error&) {
    // It was a courtesy.
  }
}

}  // namespace rpc
