// One connection that a handover's messages go over. The real one is a Peer (handover_peer.h); tests have one that
// loses and repeats.
#pragma once

#include <chrono>
#include <stdexcept>
#include <string>

#include "xend/relocation/handover_message.h"

namespace xend {

// The connection has ended, or nothing came in time: what was said last may have arrived or not.
class LinkLost : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

class HandoverLink {
 public:
  virtual ~HandoverLink() = default;
  // Throws LinkLost.
  virtual void send(const Message& message) = 0;
  // The next message. Throws LinkLost when none comes within `limit`, Error when what comes is none.
  virtual Message receive(std::chrono::milliseconds limit) = 0;
  // What the image goes over, between two messages.
  virtual int image_fd() = 0;
  // The other host, for messages to people.
  virtual const std::string& who() const = 0;
};

}  // namespace xend
