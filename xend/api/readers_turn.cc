#include "xend/api/readers_turn.h"

#include <deque>
#include <mutex>
#include <semaphore>

namespace xend {

namespace {

// One for the daemon: what they share is the daemon's connections and xenstored's time.
struct Readers {
  std::mutex mutex;
  unsigned inside = 0;
  std::deque<std::binary_semaphore*> waiting;
};

Readers& readers() {
  static Readers all;
  return all;
}

}  // namespace

ReadersTurn::ReadersTurn() {
  auto& all = readers();
  std::binary_semaphore turn(0);
  {
    const std::lock_guard lock(all.mutex);
    if (all.inside < kAtOnce) {
      ++all.inside;
      return;
    }
    all.waiting.push_back(&turn);
  }
  turn.acquire();
  // Who gave way has done so under the mutex: once it is free again, nobody touches `turn` any more.
  const std::lock_guard lock(all.mutex);
}

ReadersTurn::~ReadersTurn() {
  auto& all = readers();
  const std::lock_guard lock(all.mutex);
  if (all.waiting.empty()) {
    --all.inside;
    return;
  }
  all.waiting.front()->release();
  all.waiting.pop_front();
}

}  // namespace xend
