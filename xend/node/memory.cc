#include "xend/node/memory.h"

#include <algorithm>
#include <optional>
#include <thread>
#include <utility>

#include "xend/error.h"
#include "xend/log.h"

namespace xend {

using namespace std::chrono_literals;

namespace {

// Signed: what dom0 would have left may be less than nothing.
std::int64_t signed_kib(xc::KiB size) {
  return static_cast<std::int64_t>(size.value);
}

}  // namespace

MemoryReservation::MemoryReservation(MemoryLedger& ledger, xc::KiB amount) : ledger_(&ledger), amount_(amount) {}

MemoryReservation::MemoryReservation(MemoryReservation&& other) noexcept
    : ledger_(std::exchange(other.ledger_, nullptr)), amount_(other.amount_) {}

MemoryReservation::~MemoryReservation() {
  if (!ledger_) return;
  const std::lock_guard lock(ledger_->mutex_);
  ledger_->reserved_.value -= amount_.value;
}

// One domain's search for memory: the loop of the classic daemon, whose tries count only while nothing becomes free.
class MemoryLedger::Search {
 public:
  Search(MemoryLedger& ledger, xc::KiB need, const std::string& name)
      : ledger_(ledger),
        need_(need),
        name_(name),
        ballooning_(ledger.options_.get()->enable_dom0_ballooning),
        dom0_min_(ledger.options_.get()->dom0_min_mem) {}

  // Nobody shrinks dom0 for this search any more. What it has become stays: the daemon never grows it.
  ~Search() {
    const std::lock_guard lock(ledger_.target_mutex_);
    if (place_) ledger_.wanted_.erase(*place_);
  }
  Search(const Search&) = delete;
  Search& operator=(const Search&) = delete;

  void run(const std::function<bool()>& give_up) {
    auto sleep = kFirstSleep;
    bool found = ledger_.take(need_, seen_);
    if (!found && out_of_reach()) fail();
    while (!found) {
      if (tries_ == 0) allow_for_size();
      if (ballooning_) shrink_dom0();
      if (give_up && give_up()) fail_given_up();
      ledger_.pause_(sleep);
      if (tries_ < 2 * kTries) sleep += kFirstSleep;
      const auto before = seen_.free.value + seen_.scrub.value;
      found = ledger_.take(need_, seen_);
      // It is asked once more before the first try counts, as ever.
      if (looked_twice_ && seen_.free.value + seen_.scrub.value <= before) ++tries_;
      looked_twice_ = true;
      if (!found && tries_ >= limit_) fail();
    }
    XEND_LOG(Debug, "Balloon: {} KiB free; need {}; done.", seen_.free.value, need_.value);
  }

 private:
  static constexpr int kTries = 20, kTriesPerGiB = 5;
  static constexpr auto kFirstSleep = 100ms;

  // More than there would be if dom0 gave all that it may.
  bool out_of_reach() {
    const auto kept = ballooning_ ? dom0_min_ : ledger_.xen_.domain(0).value_or(xc::DomainInfo{}).memory;
    return need_.value + kept.value >= ledger_.xen_.host_info().total_kib.value;
  }

  void allow_for_size() {
    const auto missing = need_.value - std::min(need_.value, seen_.free.value);
    limit_ += static_cast<int>(missing >> 20) * kTriesPerGiB;
    XEND_LOG(Debug, "Balloon: {} KiB free; {} to scrub; need {}; retries: {}.", seen_.free.value, seen_.scrub.value,
             need_.value, limit_);
  }

  // What dom0 would have when it has given what is missing.
  std::int64_t shrunk() {
    return signed_kib(ledger_.dom0_.current()) - (signed_kib(need_) - signed_kib(seen_.free) - signed_kib(seen_.scrub));
  }

  void shrink_dom0() {
    if (seen_.free.value + seen_.scrub.value >= need_.value) {
      if (!asked_) XEND_LOG(Debug, "Balloon: waiting on scrubbing");
      return;
    }
    const auto target = shrunk();
    if (target < signed_kib(dom0_min_) || target <= 0 || target == asked_) return;
    asked_ = target;
    want({static_cast<std::uint64_t>(target)});
  }

  // Another search may want dom0 to be smaller still.
  void want(xc::KiB target) {
    const std::lock_guard lock(ledger_.target_mutex_);
    if (place_) ledger_.wanted_.erase(*place_);
    place_ = ledger_.wanted_.insert(ledger_.wanted_.end(), target);
    const auto least = *std::min_element(ledger_.wanted_.begin(), ledger_.wanted_.end());
    XEND_LOG(Debug, "Balloon: setting dom0 target to {} MiB.", least.value / 1024);
    ledger_.dom0_.set_target({least.value / 1024});
  }

  // The memory did not come: dom0 need not go on giving, unless somebody else waits for it.
  void stop_shrinking() {
    const std::lock_guard lock(ledger_.target_mutex_);
    if (!place_) return;
    ledger_.wanted_.erase(*std::exchange(place_, std::nullopt));
    if (ledger_.wanted_.empty()) ledger_.dom0_.set_target({ledger_.dom0_.current().value / 1024});
  }

  [[noreturn]] void fail() {
    const auto would_have = ballooning_ ? shrunk() : 0;
    const auto dom0 = ballooning_ ? ledger_.dom0_.current() : xc::KiB{0};
    stop_shrinking();
    if (!ballooning_) {
      refuse(fmt::format(
          "Not enough free memory and enable-dom0-ballooning is False, so I cannot release any more.  I need {} KiB "
          "but only have {}.",
          need_.value, seen_.free.value));
    }
    if (would_have < signed_kib(dom0_min_)) {
      const auto left = signed_kib(seen_.free) + signed_kib(seen_.scrub) + signed_kib(dom0) - signed_kib(dom0_min_);
      refuse(fmt::format("I need {} KiB, but dom0_min_mem is {} and shrinking to {} KiB would leave only {} KiB free.",
                         need_.value, dom0_min_.value, dom0_min_.value, std::max<std::int64_t>(left, 0)));
    }
    refuse("Not enough memory is available, and dom0 cannot be shrunk any further");
  }

  [[noreturn]] void fail_given_up() {
    stop_shrinking();
    throw Error(fmt::format("Waiting for {} KiB of memory for domain {} was given up.", need_.value, name_));
  }

  [[noreturn]] void refuse(const std::string& why) const {
    throw Error(fmt::format("{}\n{} cannot be given its memory: stop another domain, or give it less.", why, name_));
  }

  MemoryLedger& ledger_;
  const xc::KiB need_;
  const std::string& name_;
  const bool ballooning_;
  const xc::KiB dom0_min_;
  Free seen_{};
  bool looked_twice_ = false;
  int tries_ = 0, limit_ = kTries;
  std::optional<std::int64_t> asked_;
  std::optional<std::list<xc::KiB>::iterator> place_;  // in the ledger's wanted_
};

MemoryLedger::MemoryLedger(xc::Hypervisor& xen, Dom0Memory& dom0, const CurrentOptions& options, Pause pause)
    : xen_(xen), dom0_(dom0), options_(options), pause_(std::move(pause)) {}

void MemoryLedger::sleep(std::chrono::milliseconds time) {
  std::this_thread::sleep_for(time);
}

// What is free and promised to nobody. With mutex_ held.
MemoryLedger::Free MemoryLedger::look() {
  const auto host = xen_.host_info();
  return {{host.free_kib.value - std::min(host.free_kib.value, reserved_.value)}, host.scrub_kib};
}

bool MemoryLedger::take(xc::KiB need, Free& seen) {
  const std::lock_guard lock(mutex_);
  seen = look();
  if (seen.free < need) return false;
  reserved_.value += need.value;
  return true;
}

MemoryReservation MemoryLedger::reserve(xc::KiB need, const std::string& name, const std::function<bool()>& give_up) {
  Search(*this, need, name).run(give_up);
  return MemoryReservation(*this, need);
}

MemoryOutlook MemoryLedger::outlook() {
  const auto options = options_.get();
  MemoryOutlook outlook;
  outlook.dom0_may_give = options->enable_dom0_ballooning;
  outlook.dom0_min = options->dom0_min_mem;
  {
    const std::lock_guard lock(mutex_);
    const auto seen = look();
    outlook.free = {seen.free.value + seen.scrub.value};
  }
  for (const auto& domain : xen_.domains())
    if (domain.dying) outlook.free.value += domain.memory.value;
  if (!outlook.dom0_may_give) return outlook;
  const auto over = [](std::uint64_t have, std::uint64_t keep) { return have - std::min(have, keep); };
  // Whatever dom0 has: more than the host has but for what dom0 keeps will never be free (Search::out_of_reach).
  const auto reach = over(over(xen_.host_info().total_kib.value, outlook.dom0_min.value), outlook.free.value + 1);
  outlook.from_dom0 = {std::min(over(dom0_.current().value, outlook.dom0_min.value), reach)};
  return outlook;
}

void MemoryLedger::set_dom0(xc::MiB target, xc::KiB now) {
  if (xc::KiB(target) > now) {
    const std::lock_guard lock(mutex_);
    const auto free = look().free;
    if (free.value < xc::KiB(target).value - now.value)
      throw Error(
          fmt::format("Not enough memory is available for dom0 to grow to {} MiB: it has {} KiB, and {} KiB are free.",
                      target.value, now.value, free.value));
  }
  const std::lock_guard lock(target_mutex_);
  dom0_.set_target(target);
}

}  // namespace xend
