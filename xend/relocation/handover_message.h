// The sentences of the handover, the exchange between two of our own daemons (drawn at the top of handover_source.h):
// s-expressions, each bearing the ticket of the move that it belongs to. A daemon that offers them lists
// `handover` in its answer to `help`.
#pragma once

#include <optional>
#include <string>

#include "libxc-wrap/types.h"
#include "sxp/value.h"
#include "xend/relocation/handover_needs.h"

namespace xend {

// Names one move. Drawn at random: who does not know it cannot decide about the guest.
using Ticket = xc::Uuid;

inline constexpr unsigned kHandoverVersion = 1;

struct Message {
  enum class Kind {
    kOffer,      // source: will you take this guest?
    kReady,      // destination: send the image
    kPrepare,    // source: that was all of it
    kPrepared,   // destination: it is built, and waits for your word
    kCommit,     // source: it is yours, let it run
    kRunning,    // destination: it runs, or has run, here
    kAbort,      // source: it stays with me
    kDiscarded,  // destination: nothing of it is here, and nothing will be
    kDone,       // source: I keep nothing of it, you need not remember
    kForgotten,  // destination: I do not
    kWait,       // destination: not yet; ask again
    kRefused,    // destination: no
  };

  Kind kind = Kind::kWait;
  Ticket ticket{};
  sxp::Value offer{};                    // kOffer: (domain ...), as the destination will build it
  xc::DomId domid = 0;                   // kRunning: what it is there
  std::string reason{};                  // kWait, kRefused: a sentence
  std::optional<HandoverNeeds> needs{};  // kOffer; the first releases with a handover said nothing of them
};

// Nothing follows the closing parenthesis: behind `ready` and before `prepare` come the bytes of the image.
std::string to_text(const Message& message);

// Strict: throws Error that names what is missing when `value` is no message of this version. kRefused has the classic
// form `(err ...)` and no ticket.
Message parse_message(const sxp::Value& value);

// "prepare" and the like, for messages to people.
std::string_view to_string(Message::Kind kind);

}  // namespace xend
