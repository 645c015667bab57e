#include "xend/relocation/handover_peer.h"

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "xend/error.h"
#include "xend/log.h"

namespace xend {

namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr auto kBetweenLooks = 100ms;  // at whether somebody cancels

}  // namespace

PeerLink::PeerLink(Peer peer, std::string who, std::function<bool()> cancelled)
    : peer_(std::move(peer)), who_(std::move(who)), cancelled_(std::move(cancelled)) {}

void PeerLink::send(const Message& message) {
  try {
    peer_.send(to_text(message));
  } catch (const std::system_error& e) {
    throw LinkLost(fmt::format("The connection to {} was lost: {}.", who_, e.code().message()));
  }
}

Message PeerLink::receive(std::chrono::milliseconds limit) {
  for (const auto deadline = Clock::now() + limit;;) {
    try {
      if (const auto value = parser_.next()) return parse_message(*value);
      if (cancelled_ && cancelled_()) throw Error("The migration was cancelled.");
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
      if (left <= 0ms) throw LinkLost(fmt::format("{} did not answer within {} seconds.", who_, limit / 1s));
      // Never more than a message: whoever said it waits for an answer before anything else.
      const auto bytes = peer_.receive(4096, std::min<std::chrono::milliseconds>(left, kBetweenLooks));
      if (bytes.empty()) throw LinkLost(fmt::format("{} closed the connection.", who_));
      for (std::string_view rest = bytes; !rest.empty();) rest.remove_prefix(parser_.feed(rest));
    } catch (const std::system_error& e) {
      if (e.code().value() != ETIMEDOUT)
        throw LinkLost(fmt::format("The connection to {} was lost: {}.", who_, e.code().message()));
    } catch (const sxp::ParseError& e) {
      throw LinkLost(fmt::format("What {} answers is not the protocol: {}.", who_, e.what()));
    }
  }
}

}  // namespace xend
