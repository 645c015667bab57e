// What either side of a handover has on its disk while the move is not over, so that neither a killed daemon nor a host
// that lost its power can lose the guest or let it run twice. Names and states only: files are handover_journal.h's.
#pragma once

#include <string>

#include "sxp/value.h"
#include "xend/relocation/handover_message.h"

namespace xend {

enum class DepartureState {
  kBegun,      // the guest is the source's
  kCommitted,  // it is the destination's; only the destination's word that it has nothing gives it back
  kAborted,    // it is the source's again, and the destination may not have heard
  kLeft,       // it is gone, and the destination need not remember
};

struct DepartureRecord {
  Ticket ticket{};
  DepartureState state = DepartureState::kBegun;
  std::string name;
  xc::Uuid uuid{};
  xc::DomId domid = 0;
  std::string boot;         // of this host, when it began: a domid means nothing after the next one
  std::string destination;  // host and port to ask
  unsigned port = 0;
  bool ssl = false;
  bool change_home_server = false;
};

enum class ArrivalState {
  kPrepared,  // whole and paused; whose it is only the source can say
  kOwner,     // it is the destination's, and is to run
  kRunning,   // it has been let run
};

struct ArrivalRecord {
  Ticket ticket{};
  ArrivalState state = ArrivalState::kPrepared;
  std::string name;
  xc::Uuid uuid{};
  xc::DomId domid = 0;
  std::string boot;
  std::string source;  // who brought it, for messages
  bool change_home_server = false;
};

sxp::Value to_sxp(const DepartureRecord& record);
sxp::Value to_sxp(const ArrivalRecord& record);
// Throw Error for anything that to_sxp did not make.
DepartureRecord parse_departure(const sxp::Value& value);
ArrivalRecord parse_arrival(const sxp::Value& value);

}  // namespace xend
