// Who may have the host's free memory: a domain that is about to be made, or to grow, reserves its share first, so that
// two at once do not both count on the same pages. When there is too little, dom0 is made smaller if the configuration
// allows it (spec domain-lifecycle section 6).
#pragma once

#include <chrono>
#include <functional>
#include <list>
#include <mutex>
#include <string>

#include "libxc-wrap/hypervisor.h"
#include "xend/config/current_options.h"
#include "xend/node/dom0_memory.h"

namespace xend {

class MemoryLedger;

// A share of the free memory, given back when the object goes (by then the domain holds the pages itself, or failed).
class MemoryReservation {
 public:
  MemoryReservation(MemoryReservation&& other) noexcept;
  MemoryReservation& operator=(MemoryReservation&&) = delete;
  ~MemoryReservation();

 private:
  friend class MemoryLedger;
  MemoryReservation(MemoryLedger& ledger, xc::KiB amount);
  MemoryLedger* ledger_;
  xc::KiB amount_;
};

// How far reserve() could get now.
struct MemoryOutlook {
  xc::KiB free;                // and promised to nobody; or soon to be: being scrubbed, or of a domain that is dying
  xc::KiB from_dom0;           // what dom0 could give besides
  bool dom0_may_give = false;  // enable-dom0-ballooning
  xc::KiB dom0_min;            // dom0-min-mem
};

class MemoryLedger {
 public:
  // Lets time pass while dom0's driver works.
  using Pause = std::function<void(std::chrono::milliseconds)>;

  MemoryLedger(xc::Hypervisor& xen, Dom0Memory& dom0, const CurrentOptions& options, Pause pause = sleep);

  // Reserves `need` of what Xen has free and nobody else has reserved; waits for it while it becomes more, and for some
  // seconds after that. Throws Error with the classic texts and the numbers, and when `give_up`, asked while waiting,
  // says so. `name` is the domain that it is for.
  MemoryReservation reserve(xc::KiB need, const std::string& name, const std::function<bool()>& give_up = {});

  // Asks for nothing and changes nothing. Throws xc::Error, Error.
  MemoryOutlook outlook();

  // Has dom0 shrink or grow to `target`, `now` being what it has. Throws Error when it is to grow into memory that is
  // not free.
  void set_dom0(xc::MiB target, xc::KiB now);

 private:
  friend class MemoryReservation;
  class Search;
  struct Free {
    xc::KiB free, scrub;
  };

  static void sleep(std::chrono::milliseconds time);
  Free look();
  bool take(xc::KiB need, Free& seen);

  xc::Hypervisor& xen_;
  Dom0Memory& dom0_;
  const CurrentOptions& options_;
  Pause pause_;

  std::mutex mutex_;  // never held while anybody is asked or waited for, but for one look at what is free
  xc::KiB reserved_{0};

  std::mutex target_mutex_;    // so that dom0's target is written in the order in which it is decided
  std::list<xc::KiB> wanted_;  // what the searches that are going on want dom0 to shrink to: the least of it counts
};

}  // namespace xend
