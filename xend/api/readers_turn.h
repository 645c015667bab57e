// Calls that read much of xenstore take turns, in the order in which they came: each then takes as long as it needs, and
// not fifty times that because fifty are under way. What needs nothing of xenstore does not wait here.
#pragma once

namespace xend {

// While it lives, its owner is one of the few.
class ReadersTurn {
 public:
  ReadersTurn();  // waits
  ~ReadersTurn();
  ReadersTurn(const ReadersTurn&) = delete;
  ReadersTurn& operator=(const ReadersTurn&) = delete;

  static constexpr unsigned kAtOnce = 4;
};

}  // namespace xend
