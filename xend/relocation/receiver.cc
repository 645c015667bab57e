#include "xend/relocation/receiver.h"

#include <sys/socket.h>
#include <sys/time.h>

#include <algorithm>
#include <system_error>

#include "sxp/parser.h"
#include "xend/config/relocation_tls.h"
#include "xend/domain/save.h"
#include "xend/error.h"
#include "xend/log.h"
#include "xend/relocation/handovers.h"
#include "xend/relocation/reply.h"

namespace xend {

namespace {

using namespace std::chrono_literals;

constexpr long kStreamSilence = 600;  // seconds without a byte of the image: a guest may take minutes to suspend
constexpr std::size_t kChunk = 16384;

// The receiver as an object: the peer, and what is known of the conversation.
class Conversation {
 public:
  Conversation(Host& host, Peer peer, const std::string& who, const rpc::TlsParty* tls, const RelocationLimits& limits)
      : host_(host), peer_(std::move(peer)), who_(who), tls_(tls), limits_(limits) {}

  void run() {
    if (tls_) peer_.encrypt_as_server(*tls_, limits_.command);
    const std::string receiving = tls_ ? "sslreceive" : "receive";
    for (unsigned count = 0; const auto request = next_request(); ++count) {
      if (count == limits_.commands) return refuse("Too many commands and no domain");
      const auto name = request->is_list() ? std::string(sxp::head(*request)) : request->text();
      if (name == "help") {
        peer_.send(help_reply());
      } else if (name == "quit") {
        return;
      } else if (name == receiving && !host_.options.get()->xend_relocation_classic) {
        return refuse("(xend-relocation-classic no) here: domains come by the handover only, which an old xend lacks");
      } else if (name == receiving && early_.empty()) {
        return receive(name);
      } else if (name == receiving) {
        return refuse(fmt::format("bytes came before (ready {})", name));
      } else if (name == "handover" || name == "commit" || name == "abort" || name == "done") {
        return talk_of_handovers(parse_message(*request));
      } else if (name == "receive" || name == "sslreceive") {
        return refuse(fmt::format("Invalid operation: {}; this port {} TLS", name, tls_ ? "speaks" : "does not speak"));
      } else {
        return refuse(fmt::format("Invalid operation: {}", name));
      }
    }
  }

  // Answers and gives the peer the time to read it.
  void refuse(const std::string& text) noexcept {
    try {
      peer_.send(error_reply(text));
      peer_.half_close();
      peer_.drain(5s);
    } catch (const std::exception&) {
      // The peer is gone: there is nobody to tell.
    }
  }

 private:
  // Nothing when the peer closes between two requests. Throws sxp::ParseError, std::system_error.
  std::optional<sxp::Value> next_request() {
    const auto deadline = std::chrono::steady_clock::now() + limits_.command;
    while (true) {
      if (auto value = parser_.next()) return value;
      if (early_.empty()) {
        const auto left = deadline - std::chrono::steady_clock::now();
        early_ = peer_.receive(kChunk, std::max(0ms, std::chrono::ceil<std::chrono::milliseconds>(left)));
      }
      if (early_.empty()) {
        parser_.finish();
        return parser_.next();
      }
      early_.erase(0, parser_.feed(early_));
    }
  }

  void receive(const std::string& request) {
    XEND_LOG(Info, "A domain arrives from {}, {}.", who_, peer_.protection());
    const timeval silence{kStreamSilence, 0};
    setsockopt(peer_.fd(), SOL_SOCKET, SO_RCVTIMEO, &silence, sizeof silence);
    peer_.send(ready_reply(request));
    try {
      const auto domain = receive_domain(host_, peer_.fd());
      XEND_LOG(Info, "Domain {} ({}) received from {}.", domain->name(), domain->domid().value_or(0), who_);
    } catch (const std::exception& e) {
      XEND_LOG(Error, "Restore failed: from {}: {}", who_, e.what());
      return refuse(e.what());
    }
    try {
      peer_.send(ok_reply());
    } catch (const std::system_error& e) {
      XEND_LOG(Debug, "{} did not wait to hear that the domain runs: {}", who_, e.what());
    }
  }

  // To the end of the connection: all that comes are messages of handovers, and the image of one.
  void talk_of_handovers(const Message& first) {
    auto& destination = host_.handovers->destination();
    if (first.kind == Message::Kind::kOffer) XEND_LOG(Info, "A domain is offered by {}, {}.", who_, peer_.protection());
    PeerLink link(std::move(peer_), who_);
    try {
      if (first.kind == Message::Kind::kOffer) return destination.serve(first, link);
      for (auto message = first;; message = link.receive(limits_.command)) link.send(destination.answer(message));
    } catch (const LinkLost& e) {
      XEND_LOG(Debug, "{}: {}", who_, e.what());
    }
  }

  Host& host_;
  Peer peer_;
  std::string who_;
  const rpc::TlsParty* tls_;  // null: plain
  const RelocationLimits& limits_;
  sxp::Parser parser_{{.depth = 16, .bytes = 64 * 1024}};
  std::string early_;  // received and not yet given to the parser
};

}  // namespace

void serve_relocation(Host& host, Peer peer, const std::string& who, const rpc::TlsParty* tls,
                      const RelocationLimits& limits, rpc::RateLimit& complaints) noexcept {
  const auto complain = [&](const std::string& text) {
    if (const auto left_out = complaints.admit()) XEND_LOG(Warning, "{}{}", text, rpc::left_out_note(*left_out));
  };
  Conversation conversation(host, std::move(peer), who, tls, limits);
  try {
    conversation.run();
  } catch (const sxp::ParseError& e) {
    complain(fmt::format("What {} sent to the relocation port is not the protocol: {}", who, e.what()));
    conversation.refuse(e.message());
  } catch (const rpc::TlsRefusal& e) {
    complain(fmt::format("Relocation connection from {}: {}", who, with_advice(e)));
  } catch (const std::exception& e) {
    complain(fmt::format("Relocation connection from {}: {}", who, e.what()));
  }
}

}  // namespace xend
