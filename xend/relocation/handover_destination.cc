#include "xend/relocation/handover_destination.h"

#include "xend/error.h"
#include "xend/log.h"

namespace xend {

using Kind = Message::Kind;

// One thread's use of an arrival: others that ask for the same ticket meanwhile are told to come again.
class HandoverDestination::Turn {
 public:
  Turn(HandoverDestination& all, const Ticket& ticket) : all_(all), ticket_(ticket) {
    const std::lock_guard lock(all.mutex_);
    const auto found = all.arrivals_.find(ticket);
    if (found == all.arrivals_.end()) return;
    known_ = true;
    if (found->second.busy || found->second.receiving) return;
    found->second.busy = true;
    arrival_ = &found->second;
  }
  ~Turn() {
    if (!arrival_) return;
    const std::lock_guard lock(all_.mutex_);
    arrival_->busy = false;
  }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;

  const Ticket& ticket() const { return ticket_; }
  bool known() const { return known_; }
  Arrival* arrival() { return arrival_; }  // null: unknown, or somebody else's turn

  void erase() {
    const std::lock_guard lock(all_.mutex_);
    arrival_ = nullptr;
    all_.arrivals_.erase(ticket_);
  }

 private:
  HandoverDestination& all_;
  Ticket ticket_;
  bool known_ = false;
  Arrival* arrival_ = nullptr;
};

void HandoverDestination::recover(const std::vector<ArrivalRecord>& records) {
  for (const auto& record : records) {
    try {
      const bool here = desk_.exists(record);
      if (record.state == ArrivalState::kPrepared && !here) {
        desk_.note(record, "It was waiting for its source's word when this host was restarted, and is gone.");
        desk_.forget(record.ticket);
        continue;
      }
      Arrival arrival{.receiving = false, .record = record};
      if (record.state == ArrivalState::kOwner && here) let_run(arrival);
      const std::lock_guard lock(mutex_);
      arrivals_[record.ticket] = arrival;
    } catch (const Error& e) {
      desk_.note(record, e.what());
      const std::lock_guard lock(mutex_);
      arrivals_[record.ticket] = {.receiving = false, .record = record};
    }
  }
}

void HandoverDestination::serve(const Message& offer, HandoverLink& link) {
  try {
    begin(offer.ticket);
  } catch (const Error& e) {
    return link.send({.kind = Kind::kRefused, .reason = e.what()});
  }
  try {
    prepare(offer, link);
  } catch (const Error& e) {
    give_up(offer.ticket);
    return link.send({.kind = Kind::kRefused, .reason = e.what()});
  } catch (const std::exception&) {
    give_up(offer.ticket);
    throw;
  }
  link.send({.kind = Kind::kPrepared, .ticket = offer.ticket});
  while (true) {
    const auto reply = answer(link.receive(limits_.word));
    link.send(reply);
    if (reply.kind == Kind::kForgotten || reply.kind == Kind::kDiscarded) return;
  }
}

void HandoverDestination::begin(const Ticket& ticket) {
  const std::lock_guard lock(mutex_);
  if (!arrivals_.emplace(ticket, Arrival{}).second) throw Error("A handover of this ticket is here already.");
}

// Who takes a guest back that is still on its way reaches it here, and only while it is there.
class HandoverDestination::Reachable {
 public:
  Reachable(HandoverDestination& all, const Ticket& ticket, ArrivingGuest& guest) : all_(all), ticket_(ticket) {
    const std::lock_guard lock(all_.mutex_);
    all_.arrivals_.at(ticket_).guest = &guest;
  }
  ~Reachable() {
    const std::lock_guard lock(all_.mutex_);
    all_.arrivals_.at(ticket_).guest = nullptr;
  }
  Reachable(const Reachable&) = delete;
  Reachable& operator=(const Reachable&) = delete;

 private:
  HandoverDestination& all_;
  Ticket ticket_;
};

void HandoverDestination::prepare(const Message& offer, HandoverLink& link) {
  const auto guest = desk_.expect(offer, link.who());
  const Reachable reachable(*this, offer.ticket, *guest);
  link.send({.kind = Kind::kReady, .ticket = offer.ticket});
  guest->receive(link);
  if (const auto word = link.receive(limits_.prepare); word.kind != Kind::kPrepare || word.ticket != offer.ticket)
    throw Error(fmt::format("'{}' came where the source was to say 'prepare'.", to_string(word.kind)));
  become_prepared(offer.ticket, *guest);
}

void HandoverDestination::become_prepared(const Ticket& ticket, ArrivingGuest& guest) {
  {
    const std::lock_guard lock(mutex_);
    if (arrivals_.at(ticket).unwanted) throw Error("Its source has taken it back.");
  }
  const auto record = guest.record();
  desk_.write(record);
  guest.keep();
  const std::lock_guard lock(mutex_);
  auto& arrival = arrivals_.at(ticket);
  arrival.receiving = false;
  arrival.record = record;
}

// What is half received goes when the ArrivingGuest does, which is before this. A record may have been written: without
// its guest it says nothing, and the next daemon drops it.
void HandoverDestination::give_up(const Ticket& ticket) {
  try {
    desk_.forget(ticket);
  } catch (const Error&) {
    // There was none, or it stays.
  }
  const std::lock_guard lock(mutex_);
  arrivals_.erase(ticket);
}

Message HandoverDestination::answer(const Message& message) {
  const auto& ticket = message.ticket;
  if (message.kind != Kind::kCommit && message.kind != Kind::kAbort && message.kind != Kind::kDone)
    return {.kind = Kind::kRefused, .reason = fmt::format("'{}' has no place here.", to_string(message.kind))};
  Turn turn(*this, ticket);
  if (!turn.known())
    return {.kind = message.kind == Kind::kDone ? Kind::kForgotten : Kind::kDiscarded, .ticket = ticket};
  try {
    if (message.kind == Kind::kAbort) return abort(turn);
    if (!turn.arrival()) return {.kind = Kind::kWait, .ticket = ticket, .reason = "It is being worked on."};
    return message.kind == Kind::kCommit ? commit(turn) : forget(turn);
  } catch (const Error& e) {
    return {.kind = Kind::kWait, .ticket = ticket, .reason = e.what()};
  }
}

Message HandoverDestination::commit(Turn& turn) {
  auto& arrival = *turn.arrival();
  if (arrival.record.state == ArrivalState::kPrepared && !desk_.exists(arrival.record)) {
    desk_.forget(turn.ticket());
    turn.erase();
    return {.kind = Kind::kDiscarded, .ticket = turn.ticket()};
  }
  const auto domid = arrival.record.domid;
  if (arrival.record.state != ArrivalState::kRunning) let_run(arrival);
  return {.kind = Kind::kRunning, .ticket = turn.ticket(), .domid = domid};
}

// The source has given it away: from here on it is to run, whatever happens to this daemon.
void HandoverDestination::let_run(Arrival& arrival) {
  auto record = arrival.record;
  if (record.state == ArrivalState::kPrepared) {
    record.state = ArrivalState::kOwner;
    desk_.write(record);
    arrival.record = record;
  }
  desk_.run(record);
  arrival.record.state = record.state = ArrivalState::kRunning;
  try {
    desk_.write(record);
  } catch (const Error& e) {
    desk_.note(record, e.what());  // the next daemon lets it run once more
  }
}

Message HandoverDestination::abort(Turn& turn) {
  if (!turn.arrival()) {
    const std::lock_guard lock(mutex_);
    const auto found = arrivals_.find(turn.ticket());
    if (found != arrivals_.end() && found->second.receiving) {
      found->second.unwanted = true;
      if (found->second.guest) found->second.guest->cancel();
    }
    return {.kind = Kind::kWait, .ticket = turn.ticket(), .reason = "It is being taken away."};
  }
  auto& arrival = *turn.arrival();
  if (arrival.record.state != ArrivalState::kPrepared)
    return {.kind = Kind::kRefused, .reason = fmt::format("{} was committed before.", arrival.record.name)};
  if (desk_.exists(arrival.record)) desk_.discard(arrival.record);
  desk_.forget(turn.ticket());
  turn.erase();
  return {.kind = Kind::kDiscarded, .ticket = turn.ticket()};
}

Message HandoverDestination::forget(Turn& turn) {
  if (turn.arrival()->record.state == ArrivalState::kPrepared)
    return {.kind = Kind::kRefused, .reason = fmt::format("{} was never committed.", turn.arrival()->record.name)};
  desk_.forget(turn.ticket());
  turn.erase();
  return {.kind = Kind::kForgotten, .ticket = turn.ticket()};
}

std::vector<ArrivalRecord> HandoverDestination::waiting() const {
  const std::lock_guard lock(mutex_);
  std::vector<ArrivalRecord> records;
  for (const auto& [ticket, arrival] : arrivals_)
    if (!arrival.receiving && arrival.record.state == ArrivalState::kPrepared) records.push_back(arrival.record);
  return records;
}

}  // namespace xend
