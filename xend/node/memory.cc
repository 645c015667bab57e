#include "xend/node/memory.h"

#include <algorithm>
#include <utility>

#include "xend/error.h"
#include "xend/log.h"

namespace xend {

MemoryReservation::MemoryReservation(MemoryLedger& ledger, xc::KiB amount) : ledger_(&ledger), amount_(amount) {}

MemoryReservation::MemoryReservation(MemoryReservation&& other) noexcept
    : ledger_(std::exchange(other.ledger_, nullptr)), amount_(other.amount_) {}

MemoryReservation::~MemoryReservation() {
  if (!ledger_) return;
  const std::lock_guard lock(ledger_->mutex_);
  ledger_->reserved_.value -= amount_.value;
}

MemoryReservation MemoryLedger::reserve(xc::KiB need, const std::string& name) {
  const std::lock_guard lock(mutex_);
  const auto host = xen_.host_info();
  const auto free = host.free_kib.value + host.scrub_kib.value;
  const auto available = free - std::min(free, reserved_.value);
  if (available < need.value)
    throw Error(
        fmt::format("Not enough free memory and enable-dom0-ballooning is False, so I cannot release any more.  "
                    "I need {} KiB but only have {}.\n{} cannot be given its memory: stop another domain, or give "
                    "it less.",
                    need.value, available, name));
  XEND_LOG(Debug, "Balloon: {} KiB free; need {}; done.", available, need.value);
  reserved_.value += need.value;
  return MemoryReservation(*this, need);
}

}  // namespace xend
