// All handovers of this host, in either direction, with their journal: one object beside the Host, made before anybody
// can ask for a move and gone when nobody can any more.
#pragma once

#include <string>

#include "xend/relocation/arrivals.h"
#include "xend/relocation/departures.h"
#include "xend/relocation/handover_destination.h"
#include "xend/relocation/handover_journal.h"

namespace xend {

class Handovers {
 public:
  // `folder`: the journal's. `patience`: as for Departures. `host` outlives the object and refers to it from here on.
  Handovers(Host& host, std::string folder, std::chrono::milliseconds patience = std::chrono::seconds(60));
  ~Handovers();
  Handovers(const Handovers&) = delete;
  Handovers& operator=(const Handovers&) = delete;

  // Before the running domains are looked for: what a daemon before this one has received whole is not half made.
  void keep_prepared();
  // After that, before anybody can ask: takes up what is not settled.
  void recover();

  Departures& departures() { return departures_; }
  HandoverDestination& destination() { return destination_; }

 private:
  Host& host_;
  HandoverJournal journal_;
  Arrivals arrivals_;
  HandoverDestination destination_;
  Departures departures_;
};

}  // namespace xend
