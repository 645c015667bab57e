#include "xend/api/readers_turn.h"

#include <condition_variable>
#include <deque>
#include <mutex>

namespace xend {

namespace {

struct Waiting {
  std::condition_variable called;
  bool may_enter = false;
};

// One for the daemon: what they share is the daemon's connections, xenstored's time and the processors.
struct Readers {
  std::mutex mutex;
  unsigned inside = 0;
  std::deque<Waiting*> waiting;
};

Readers& readers() {
  static Readers all;
  return all;
}

}  // namespace

ReadersTurn::ReadersTurn(std::chrono::milliseconds patience) {
  auto& all = readers();
  std::unique_lock lock(all.mutex);
  if (all.inside < kAtOnce) {
    ++all.inside;
    return;
  }
  Waiting self;
  all.waiting.push_back(&self);
  counted_ = self.called.wait_for(lock, patience, [&] { return self.may_enter; });
  if (!counted_) std::erase(all.waiting, &self);
}

ReadersTurn::~ReadersTurn() {
  if (!counted_) return;
  auto& all = readers();
  const std::lock_guard lock(all.mutex);
  if (all.waiting.empty()) {
    --all.inside;
    return;
  }
  all.waiting.front()->may_enter = true;
  all.waiting.front()->called.notify_one();
  all.waiting.pop_front();
}

}  // namespace xend
