// The destination's host as its side of a handover needs it (handover_destination.h): domains built by a Construction,
// records in the journal's files.
#pragma once

#include "xend/domain/host.h"
#include "xend/relocation/arrival_gate.h"
#include "xend/relocation/handover_destination.h"
#include "xend/relocation/handover_journal.h"

namespace xend {

class Arrivals final : public ArrivalDesk {
 public:
  // Both outlive the object.
  Arrivals(Host& host, HandoverJournal& journal) : host_(host), journal_(journal) {}

  std::unique_ptr<ArrivingGuest> expect(const Message& offer, const std::string& who) override;
  void write(const ArrivalRecord& record) override { journal_.write(record); }
  void forget(const Ticket& ticket) override { journal_.forget_arrival(ticket); }
  bool exists(const ArrivalRecord& record) override;
  void run(const ArrivalRecord& record) override;
  void discard(const ArrivalRecord& record) override;
  void note(const ArrivalRecord& record, const std::string& text) override;

  // After a restart: nobody is to let it run before its source says so.
  void hold(const ArrivalRecord& record);

 private:
  std::shared_ptr<Domain> find(const ArrivalRecord& record);

  Host& host_;
  HandoverJournal& journal_;
  ArrivalGate gate_;
};

// The guests of `records` were whole when the daemon before this one ended: they are not to be taken away as half made.
// To be called before the running domains are looked for. Throws Error.
void keep_prepared(Host& host, const std::vector<ArrivalRecord>& records);

// Names this boot of the host (/proc/sys/kernel/random/boot_id). Throws Error.
std::string boot_id();

}  // namespace xend
