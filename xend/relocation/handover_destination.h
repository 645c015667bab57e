// The destination's side of handovers (drawn in handover_source.h): what arrives, and every guest that waits for the
// source's word or whose source has not said yet that it may be forgotten.
//
// A guest that is prepared waits for as long as it takes: it cannot know whether it runs at its source. A ticket that
// nobody here knows has been discarded: a source that asks about it has been told `ready` before, so that it was known,
// and by a daemon whose end closed all connections on which more of it could have come.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "xend/relocation/handover_link.h"
#include "xend/relocation/handover_record.h"

namespace xend {

// A guest that is being received; unless keep() is called, its destructor takes it away.
class ArrivingGuest {
 public:
  virtual ~ArrivingGuest() = default;
  // Builds it from the image that comes over `link`: whole, paused, its devices connected. Throws Error, LinkLost.
  virtual void receive(HandoverLink& link) = 0;
  // What to write about it, as kPrepared.
  virtual ArrivalRecord record() const = 0;
  // It stays, also when this daemon ends.
  virtual void keep() = 0;
  // Makes a receive() that is going on throw; called by another thread.
  virtual void cancel() = 0;
};

// What the protocol needs of the destination's host besides.
class ArrivalDesk {
 public:
  virtual ~ArrivalDesk() = default;
  // Throws Error with the reason why the guest could not run here. `who`: the source, for messages.
  virtual std::unique_ptr<ArrivingGuest> expect(const Message& offer, const std::string& who) = 0;
  // As at the source (DepartureDesk).
  virtual void write(const ArrivalRecord& record) = 0;
  virtual void forget(const Ticket& ticket) = 0;
  // Whether the guest is still in Xen here, as it was prepared.
  virtual bool exists(const ArrivalRecord& record) = 0;
  // Lets it run; once more does no harm, and neither does a guest that is gone. Throws Error.
  virtual void run(const ArrivalRecord& record) = 0;
  // Takes it away. Throws Error when it is still there.
  virtual void discard(const ArrivalRecord& record) = 0;
  virtual void note(const ArrivalRecord& record, const std::string& text) = 0;
};

class HandoverDestination {
 public:
  // How long a connection may be silent: in the image that is for ArrivingGuest to say.
  struct Limits {
    std::chrono::milliseconds prepare{30'000};  // from the end of the image to `(prepare T)`
    std::chrono::milliseconds word{600'000};    // from prepared to whatever the source says next; it may come anew
  };

  explicit HandoverDestination(ArrivalDesk& desk) : HandoverDestination(desk, Limits()) {}
  HandoverDestination(ArrivalDesk& desk, Limits limits) : desk_(desk), limits_(limits) {}

  // What a daemon before this one has left; before anybody can ask.
  void recover(const std::vector<ArrivalRecord>& records);

  // The whole conversation that begins with `offer`, until the connection ends. Throws LinkLost.
  void serve(const Message& offer, HandoverLink& link);

  // commit, abort and done, on whatever connection. Refuses what is none of them.
  Message answer(const Message& message);

  // The tickets of the guests that wait for their source's word.
  std::vector<ArrivalRecord> waiting() const;

 private:
  struct Arrival {
    bool receiving = true;  // until it is prepared; then `record` holds
    bool unwanted = false;  // its source has taken it back meanwhile
    bool busy = false;      // somebody is changing it: others come again
    ArrivingGuest* guest = nullptr;
    ArrivalRecord record{};
  };
  class Turn;
  class Reachable;

  void begin(const Ticket& ticket);
  void prepare(const Message& offer, HandoverLink& link);
  void become_prepared(const Ticket& ticket, ArrivingGuest& guest);
  void give_up(const Ticket& ticket);
  Message commit(Turn& turn);
  Message abort(Turn& turn);
  Message forget(Turn& turn);
  void let_run(Arrival& arrival);

  ArrivalDesk& desk_;
  const Limits limits_;
  mutable std::mutex mutex_;  // of arrivals_, for assignments only
  std::map<Ticket, Arrival> arrivals_;
};

}  // namespace xend
