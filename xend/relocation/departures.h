// The source's host as its side of a handover needs it (handover_source.h): a Departure for the guest, records in the
// journal's files, connections to other hosts; and the moves that go on being asked about while nobody waits for them.
#pragma once

#include <condition_variable>
#include <list>
#include <mutex>
#include <string>
#include <thread>

#include "xend/domain/departure.h"
#include "xend/relocation/handover_journal.h"
#include "xend/relocation/handover_peer.h"
#include "xend/relocation/handover_source.h"
#include "xend/relocation/sender.h"

namespace xend {

class Departures {
 public:
  // `patience`: how long whoever moves a domain waits for a destination that has everything and does not answer.
  Departures(Host& host, HandoverJournal& journal, std::chrono::milliseconds patience)
      : host_(host), journal_(journal), patience_(patience) {}
  // Stops asking. What is not settled is in the journal for the next daemon, and the guest stays as it is.
  ~Departures();
  Departures(const Departures&) = delete;
  Departures& operator=(const Departures&) = delete;

  // Moves the domain over a connection whose other end has offered the handover; it runs there when this returns.
  // Throws Error; the domain runs on here, except where the text says that it is not settled yet.
  Relocated move(const std::shared_ptr<Domain>& domain, const Relocation& relocation, unsigned port, Peer peer);

  // Takes up what a daemon before this one has left; the running domains are known.
  void recover();

 private:
  class Move;
  void go_on_asking(std::unique_ptr<Move> move);
  bool rest(std::chrono::milliseconds time);

  Host& host_;
  HandoverJournal& journal_;
  const std::chrono::milliseconds patience_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;
  std::list<std::thread> asking_;
};

}  // namespace xend
