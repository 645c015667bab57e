// Calls that only read take turns, in the order in which they came. With fifty under way at once each would take fifty
// times as long as alone, and those that ask xenstore longer than that: their questions stand behind everybody else's.
#pragma once

#include <chrono>

namespace xend {

// While it lives, its owner is one of the few.
class ReadersTurn {
 public:
  // Waits, but not for ever: when those who are inside do not get on, because xenstored does not answer, a call that
  // does not need it still gets its answer.
  explicit ReadersTurn(std::chrono::milliseconds patience = kPatience);
  ~ReadersTurn();
  ReadersTurn(const ReadersTurn&) = delete;
  ReadersTurn& operator=(const ReadersTurn&) = delete;

  static constexpr unsigned kAtOnce = 4;
  static constexpr std::chrono::milliseconds kPatience{2500};

 private:
  bool counted_ = true;
};

}  // namespace xend
