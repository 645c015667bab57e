// The records of handovers as files, FOLDER/departures/TICKET.sxp and FOLDER/arrivals/TICKET.sxp: mode 0600, durable
// when written, strictly read. The folder outlives the daemon and the host's power.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "xend/relocation/handover_record.h"

namespace xend {

class HandoverJournal {
 public:
  // `folder`, an absolute path, is made with mode 0700 when it is first written to.
  explicit HandoverJournal(std::string folder);
  ~HandoverJournal();

  // Throw Error that names the file; then either the old or the new record is there.
  void write(const DepartureRecord& record);
  void write(const ArrivalRecord& record);
  // Takes the space on the disk that the record of an arrival will need, and the one that will take its place, so that
  // a full disk is told before the guest has come. Given back when the record is written or forgotten. Throws as
  // write().
  void make_room(const Ticket& arrival);
  // Durable as well; nothing to forget is no error. Throw Error.
  void forget_departure(const Ticket& ticket);
  void forget_arrival(const Ticket& ticket);

  // What is there, made durable first: it may be acted upon. A file that cannot be read as a record is logged and left
  // where it is.
  std::vector<DepartureRecord> departures() const;
  std::vector<ArrivalRecord> arrivals() const;

 private:
  class Room;
  void give_room_back(const Ticket& arrival);

  std::string folder_;
  std::mutex mutex_;
  std::map<Ticket, std::unique_ptr<Room>> rooms_;
};

}  // namespace xend
