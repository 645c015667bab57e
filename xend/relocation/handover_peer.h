// The handover's messages over a real connection.
#pragma once

#include <functional>
#include <string>

#include "sxp/parser.h"
#include "xend/relocation/handover_link.h"
#include "xend/relocation/peer.h"

namespace xend {

class PeerLink final : public HandoverLink {
 public:
  // `who`: the other host, for messages. `cancelled` is asked while an answer is awaited: true makes receive() throw.
  PeerLink(Peer peer, std::string who, std::function<bool()> cancelled = {});

  void send(const Message& message) override;
  Message receive(std::chrono::milliseconds limit) override;
  int image_fd() override { return peer_.fd(); }
  const std::string& who() const override { return who_; }

  Peer& peer() { return peer_; }

 private:
  Peer peer_;
  const std::string who_;
  const std::function<bool()> cancelled_;
  sxp::Parser parser_{{.depth = 16, .bytes = 64 * 1024}};
};

}  // namespace xend
