// The source's side of a handover.
//
//   source                                          destination
//     journal: begun T
//     (handover (ticket T) (needs ...)
//        (config ...))                        ->                          preflight
//                                             <-    (ready T)             or (err ...): the guest has noticed nothing
//     the image, live rounds first            ->                          builds the domain, paused
//     (prepare T)                             ->                          journal: prepared T
//                                             <-    (prepared T)
//     journal: committed T
//     (commit T)                              ->                          journal: owner T; unpauses it
//                                             <-    (running T DOMID)
//     destroys its own copy; journal: left T
//     (done T)                                ->                          forgets T
//     forgets T                               <-    (forgotten T)
//
// Two rules carry it. Until `(prepare T)` is sent the destination cannot be prepared, so whatever fails lets the guest
// go on here at once. From then on the guest goes on here only when no word of ours can make the destination run it any
// more: `aborted T` is on the disk, or the destination has said that it discarded. A commit without an answer is asked
// about on new connections for as long as it takes.
//
// When the power of the source's host fails between the two, its guest is gone, and the destination may have all of it:
// the daemon that comes up next commits.
#pragma once

#include <chrono>
#include <memory>
#include <optional>

#include "xend/error.h"
#include "xend/relocation/handover_link.h"
#include "xend/relocation/handover_record.h"

namespace xend {

// The guest that leaves.
class LeavingGuest {
 public:
  virtual ~LeavingGuest() = default;
  // Sends its memory over `link`, in the end with the guest suspended. Throws Error, LinkLost.
  virtual void send_image(HandoverLink& link) = 0;
  // Whether it is still in Xen here, in whatever state.
  virtual bool exists() = 0;
  // Lets it go on when it is suspended; what goes wrong is logged, there is no other way left.
  virtual void go_on() = 0;
  // Takes it off this host.
  virtual void end() = 0;
};

// What the protocol needs of the source's host besides.
class DepartureDesk {
 public:
  virtual ~DepartureDesk() = default;
  // A new connection to the destination. Throws LinkLost.
  virtual std::unique_ptr<HandoverLink> connect(const DepartureRecord& record) = 0;
  // Durable when it returns. Throws Error; then either the old or the new record is what the next daemon finds.
  virtual void write(const DepartureRecord& record) = 0;
  // Throws Error; then the record may be found again.
  virtual void forget(const Ticket& ticket) = 0;
  // What a person should know of what goes on behind his back.
  virtual void note(const DepartureRecord& record, const std::string& text) = 0;
  virtual std::chrono::milliseconds now() = 0;
  virtual void wait(std::chrono::milliseconds time) = 0;
};

// How long one side waits for the other.
struct HandoverLimits {
  std::chrono::milliseconds answer{30'000};        // to an offer: the destination makes room in its memory
  std::chrono::milliseconds reason{3'000};         // after a failure, for the destination's account of it
  std::chrono::milliseconds prepared{180'000};     // after the image: it connects devices, with time-outs of their own
  std::chrono::milliseconds word{15'000};          // to commit, abort and done
  std::chrono::milliseconds first_pause{250};      // before a lost connection is made anew,
  std::chrono::milliseconds longest_pause{5'000};  // doubled up to this
};

// The destination's own words.
class Refusal : public Error {
 public:
  using Error::Error;
};

enum class Whereabouts { kHere, kThere, kNotSettled };

class HandoverSource {
 public:
  // All of them outlive the object. `record`: kBegun for a move that is to begin, or what the journal has.
  HandoverSource(DepartureDesk& desk, LeavingGuest& guest, DepartureRecord record, HandoverLimits limits = {});

  // From the offer to the commit on `link`, on which nothing has been said. Throws what failed, with the guest going on
  // here -- or still to be given back: settle() must be called while settled() is false.
  // `needs`: beyond what `config` says.
  void hand_over(HandoverLink& link, const sxp::Value& config, const std::optional<HandoverNeeds>& needs = {});

  // For a record that a daemon before this one has left: decides what can be decided without the destination.
  void recover();

  // Asks until the move is over, at first on `link` unless it is null. Gives up asking after `patience`; whoever calls
  // again goes on where this ended. kHere: the guest goes on here. kThere: it runs at the destination, as
  // domid_there().
  Whereabouts settle(HandoverLink* link, std::chrono::milliseconds patience);

  bool settled() const { return settled_.has_value(); }
  // True once the guest may be nowhere but at the destination: then nobody can cancel.
  bool committed() const { return record_.state == DepartureState::kCommitted; }
  xc::DomId domid_there() const { return domid_there_; }
  const DepartureRecord& record() const { return record_; }

 private:
  void bring_image(HandoverLink& link, const Message& offer);
  void take_back();
  Whereabouts ask(HandoverLink& link);
  Whereabouts ask_to_run(HandoverLink& link);
  Whereabouts ask_to_discard(HandoverLink& link);
  Whereabouts ask_to_forget(HandoverLink& link);
  Message answer(HandoverLink& link, Message::Kind word);
  void go_on_here();
  Whereabouts over(Whereabouts where);

  DepartureDesk& desk_;
  LeavingGuest& guest_;
  DepartureRecord record_;
  const HandoverLimits limits_;
  xc::DomId domid_there_ = 0;
  bool goes_on_ = false;  // aborted, and let go on
  std::optional<Whereabouts> settled_;
};

}  // namespace xend
