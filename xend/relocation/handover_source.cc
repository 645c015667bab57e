#include "xend/relocation/handover_source.h"

#include <algorithm>

#include "xend/error.h"
#include "xend/helpers/helper_error.h"
#include "xend/log.h"

namespace xend {

namespace {

using Kind = Message::Kind;

void require(const Message& got, Kind wanted, const Ticket& ticket) {
  if (got.kind == Kind::kRefused) throw Refusal(got.reason);
  if (got.kind != wanted || got.ticket != ticket)
    throw Error(
        fmt::format("The destination answered '{}' where '{}' belongs.", to_string(got.kind), to_string(wanted)));
}

// Throws what the destination has said before it closed, if it has.
void refusal_of(HandoverLink& link, std::chrono::milliseconds limit) {
  try {
    if (const auto said = link.receive(limit); said.kind == Kind::kRefused) throw Refusal(said.reason);
  } catch (const LinkLost&) {
    // Nothing.
  }
}

}  // namespace

HandoverSource::HandoverSource(DepartureDesk& desk, LeavingGuest& guest, DepartureRecord record, HandoverLimits limits)
    : desk_(desk), guest_(guest), record_(std::move(record)), limits_(limits) {}

void HandoverSource::hand_over(HandoverLink& link, const sxp::Value& config,
                               const std::optional<HandoverNeeds>& needs) {
  try {
    desk_.write(record_);
    bring_image(link, {.kind = Kind::kOffer, .ticket = record_.ticket, .offer = config, .needs = needs});
  } catch (const std::exception&) {
    // The destination was not asked to be prepared, so it is not: nothing needs to be written before the guest goes on.
    go_on_here();
    over(Whereabouts::kHere);
    throw;
  }
  try {
    link.send({.kind = Kind::kPrepare, .ticket = record_.ticket});
    require(link.receive(limits_.prepared), Kind::kPrepared, record_.ticket);
    auto committed = record_;
    committed.state = DepartureState::kCommitted;
    desk_.write(committed);
    record_ = committed;
  } catch (const std::exception&) {
    take_back();
    throw;
  }
}

void HandoverSource::bring_image(HandoverLink& link, const Message& offer) {
  link.send(offer);
  require(link.receive(limits_.answer), Kind::kReady, record_.ticket);
  try {
    guest_.send_image(link);
  } catch (const std::exception& e) {
    // The destination knows better than a broken connection why it gave up, unless it was not the one.
    if (!gave_up(e)) refusal_of(link, limits_.reason);
    throw;
  }
}

void HandoverSource::recover() {
  if (record_.state == DepartureState::kBegun) {
    if (guest_.exists()) return take_back();
    // The host was restarted, and the guest's memory is gone. If the destination has all of it, it is to run there; it
    // cannot have gone on here meanwhile, for that would be written.
    auto committed = record_;
    committed.state = DepartureState::kCommitted;
    desk_.write(committed);
    record_ = committed;
  } else if (record_.state == DepartureState::kAborted) {
    go_on_here();
  }
}

// With `aborted` on the disk the guest goes on. Without, the destination has to say first that it has nothing: settle()
// sees to that.
void HandoverSource::take_back() {
  record_.state = DepartureState::kAborted;
  try {
    desk_.write(record_);
  } catch (const Error& e) {
    return desk_.note(record_, fmt::format("{} It goes on as soon as that works, or {} has discarded its copy.",
                                           e.what(), record_.destination));
  }
  go_on_here();
}

void HandoverSource::go_on_here() {
  guest_.go_on();
  goes_on_ = true;
}

Whereabouts HandoverSource::settle(HandoverLink* link, std::chrono::milliseconds patience) {
  const auto until = desk_.now() + patience;
  for (auto pause = limits_.first_pause;; pause = std::min(2 * pause, limits_.longest_pause)) {
    if (settled_) return *settled_;
    try {
      if (record_.state == DepartureState::kBegun) recover();  // the disk did not take it before
      if (record_.state == DepartureState::kAborted && !goes_on_) take_back();
      std::unique_ptr<HandoverLink> anew;
      if (!link) link = (anew = desk_.connect(record_)).get();
      if (const auto where = ask(*link); where != Whereabouts::kNotSettled) return where;
    } catch (const LinkLost& e) {
      desk_.note(record_, e.what());
    } catch (const Error& e) {
      desk_.note(record_, e.what());
    }
    link = nullptr;
    if (desk_.now() + pause > until) return Whereabouts::kNotSettled;
    desk_.wait(pause);
  }
}

Whereabouts HandoverSource::ask(HandoverLink& link) {
  switch (record_.state) {
    case DepartureState::kCommitted:
      return ask_to_run(link);
    case DepartureState::kLeft:
      return ask_to_forget(link);
    case DepartureState::kAborted:
      return ask_to_discard(link);
    case DepartureState::kBegun:
      break;
  }
  throw Error("It is not decided yet.");
}

Message HandoverSource::answer(HandoverLink& link, Kind word) {
  link.send({.kind = word, .ticket = record_.ticket});
  auto got = link.receive(limits_.word);
  if (got.kind == Kind::kRefused || got.kind == Kind::kWait) throw LinkLost(got.reason);
  if (got.ticket != record_.ticket) throw LinkLost("An answer came that belongs to another move.");
  return got;
}

Whereabouts HandoverSource::ask_to_run(HandoverLink& link) {
  const auto got = answer(link, Kind::kCommit);
  if (got.kind == Kind::kRunning) {
    domid_there_ = got.domid;
    guest_.end();
    auto left = record_;
    left.state = DepartureState::kLeft;
    desk_.write(left);
    record_ = left;
    return ask_to_forget(link);
  }
  if (got.kind != Kind::kDiscarded) throw LinkLost(fmt::format("It answered '{}' to commit.", to_string(got.kind)));
  // It lost what it had, and will not take it up again: the guest is ours, if it still is in our memory.
  go_on_here();
  return over(Whereabouts::kHere);
}

Whereabouts HandoverSource::ask_to_discard(HandoverLink& link) {
  const auto got = answer(link, Kind::kAbort);
  if (got.kind != Kind::kDiscarded) throw LinkLost(fmt::format("It answered '{}' to abort.", to_string(got.kind)));
  if (!goes_on_) go_on_here();
  return over(Whereabouts::kHere);
}

Whereabouts HandoverSource::ask_to_forget(HandoverLink& link) {
  const auto got = answer(link, Kind::kDone);
  if (got.kind != Kind::kForgotten) throw LinkLost(fmt::format("It answered '{}' to done.", to_string(got.kind)));
  return over(Whereabouts::kThere);
}

// A record that cannot be removed is found by the next daemon, asks once more, and hears the same.
Whereabouts HandoverSource::over(Whereabouts where) {
  settled_ = where;
  try {
    desk_.forget(record_.ticket);
  } catch (const Error& e) {
    desk_.note(record_, e.what());
  }
  return where;
}

}  // namespace xend
