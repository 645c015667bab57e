#include "rpc/http_connection.h"

#include <fmt/format.h>
#include <sys/socket.h>

#include <array>
#include <system_error>

#include "rpc/peer_name.h"

namespace rpc {

namespace {

constexpr std::size_t kWritePiece = 64 * 1024;
// How much of a refused request is read and thrown away so that the refusal arrives: closing a socket with unread bytes
// in it tells the peer that the connection was reset, and the answer is lost.
constexpr std::size_t kDrainBytes = 16 * 1024 * 1024;
constexpr auto kDrainTime = std::chrono::seconds(2);

}  // namespace

void ServerContext::complain(const std::function<std::string()>& text) noexcept {
  try {
    if (const auto left_out = complaints.admit())
      log("WARNING", fmt::format("{}: {}{}", name, text(), left_out_note(*left_out)));
  } catch (...) {
  }
}

HttpConnection::HttpConnection(FileDescriptor fd, ServerContext& context, std::function<void(Phase)> on_phase)
    : context_(context), socket_(std::move(fd)), on_phase_(std::move(on_phase)) {}

void HttpConnection::hang_up() {
  ::shutdown(socket_.fd(), SHUT_RD);
}

void HttpConnection::cut_off() {
  cut_off_ = true;
  ::shutdown(socket_.fd(), SHUT_RDWR);
}

void HttpConnection::set_deadline(unsigned seconds) {
  socket_.set_deadline(std::chrono::steady_clock::now() + std::chrono::seconds(seconds));
}

void HttpConnection::serve() noexcept {
  try {
    if (admitted()) {
      greet();
      converse();
    }
    say_goodbye();
  } catch (const std::system_error& e) {
    // A client that leaves before its answer is no news; one that does not take it is.
    const bool left = e.code() == std::errc::broken_pipe || e.code() == std::errc::connection_reset;
    if (cut_off_)
      context_.complain([&] { return std::string("a slow client was cut off: all connections are in use."); });
    else if (!left)
      context_.complain([&] { return fmt::format("lost {}: {}.", peer_name(socket_.fd()), e.what()); });
  } catch (const std::exception& e) {
    context_.complain([&] { return fmt::format("dropped {}: {}", peer_name(socket_.fd()), e.what()); });
  }
  // The descriptor lives until the thread is joined; the client need not wait for that.
  ::shutdown(socket_.fd(), SHUT_RDWR);
}

bool HttpConnection::admitted() const {
  if (!context_.entrance.admits) return true;
  const std::string ip = peer_ip(socket_.fd());
  return ip.empty() || context_.entrance.admits(ip);
}

void HttpConnection::greet() {
  set_deadline(context_.limits.request_seconds);
  if (context_.entrance.tls) {
    try {
      tls_ = accept_tls(socket_, *context_.entrance.tls);
    } catch (const std::system_error& e) {
      if (e.code() != std::errc::timed_out) throw;
      throw TlsError(fmt::format("TLS was not agreed on within {} seconds.", context_.limits.request_seconds));
    }
    stream_ = tls_.get();
  }
  reader_ = std::make_unique<HttpReader>(*stream_);
}

void HttpConnection::converse() {
  for (bool more = true; more && !context_.stopping;) {
    set_deadline(context_.limits.idle_seconds);
    on_phase_(Phase::kIdle);
    try {
      if (!reader_->wait_for_message()) return;
    } catch (const std::system_error& e) {
      if (e.code() == std::errc::timed_out) return;  // idle for long enough
      throw;
    }
    on_phase_(Phase::kTransfer);
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
bool HttpConnection::handle_request() {
  std::string body;
  RequestHead head = read_request(body);
  if (context_.stopping) head.keep_alive = false;
  on_phase_(Phase::kCall);
  const HttpAnswer answer = context_.face->answer(head, body, Caller{socket_.fd(), context_.stopped.get()});
  on_phase_(Phase::kTransfer);
  send(answer.bytes);
  return answer.keep_alive;
}

RequestHead HttpConnection::read_request(std::string& body) {
  try {
    RequestHead head = parse_request_head(reader_->read_head(context_.limits.header_bytes));
    check(head);
    if (head.header("Expect") == "100-continue") stream_->write("HTTP/1.1 100 Continue\r\n\r\n");
    body = reader_->read_body(head.content_length.value_or(0));
    return head;
  } catch (const std::system_error& e) {
    if (e.code() != std::errc::timed_out) throw;
    throw HttpError(408, fmt::format("The request did not arrive within {} seconds.", context_.limits.request_seconds));
  }
}

void HttpConnection::check(const RequestHead& head) const {
  context_.face->check(head);
  if (head.chunked) throw HttpError(411, "Chunked requests are not understood: send a Content-Length.");
  if (head.content_length.value_or(0) > context_.limits.request_bytes) {
    throw HttpError(413, fmt::format("The request has {} bytes; at most {} are accepted.", *head.content_length,
                                     context_.limits.request_bytes));
  }
}

// Each piece has the time that a whole request has: a log of megabytes may go over a slow line.
void HttpConnection::send(std::string_view response) {
  while (!response.empty()) {
    set_deadline(context_.limits.request_seconds);
    stream_->write(response.substr(0, kWritePiece));
    response.remove_prefix(std::min(kWritePiece, response.size()));
  }
}

void HttpConnection::refuse(const HttpError& error) {
  // Not the client's fault when it is the daemon that hung up.
  if (!context_.stopping && !cut_off_)
    context_.complain([&] { return fmt::format("bad request from {}: {}", peer_name(socket_.fd()), error.what()); });
  on_phase_(Phase::kTransfer);
  send(http_response(error.status(), "text/plain", std::string(error.what()) + "\n", false));
  say_goodbye();
  ::shutdown(socket_.fd(), SHUT_WR);
  socket_.set_deadline(std::chrono::steady_clock::now() + kDrainTime);
  std::array<char, kWritePiece> thrown_away;
  std::size_t total = 0;
  try {
    for (std::size_t n = 1; n > 0 && total < kDrainBytes; total += n) n = socket_.read(thrown_away);
  } catch (const std::system_error&) {
    // It was a courtesy.
  }
}

// Without it a client over TLS must take its answer for cut short.
void HttpConnection::say_goodbye() noexcept {
  try {
    if (tls_) tls_->close();
  } catch (const std::exception&) {
    // The client did not wait for it.
  }
}

}  // namespace rpc
