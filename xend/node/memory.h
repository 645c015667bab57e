// Who may have the host's free memory: a domain that is about to be made reserves its share first, so that two made at
// once do not both count on the same pages.
#pragma once

#include <mutex>
#include <string>

#include "libxc-wrap/hypervisor.h"

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

class MemoryLedger {
 public:
  explicit MemoryLedger(xc::Hypervisor& xen) : xen_(xen) {}

  // Reserves `need` of what Xen has free and nobody else has reserved. Throws Error with the classic text and the
  // numbers (spec domain-lifecycle section 6). `name` is the domain that it is for.
  MemoryReservation reserve(xc::KiB need, const std::string& name);

 private:
  friend class MemoryReservation;
  xc::Hypervisor& xen_;
  std::mutex mutex_;
  xc::KiB reserved_{0};
};

}  // namespace xend
