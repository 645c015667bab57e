#include "xend/relocation/arrival_gate.h"

namespace xend {

ArrivalGate::Pass ArrivalGate::enter(const xc::Uuid& uuid, std::chrono::milliseconds limit) {
  std::unique_lock lock(mutex_);
  left_.wait_for(lock, limit, [&] { return !under_way_.contains(uuid); });
  under_way_.insert(uuid);
  return {*this, uuid};
}

ArrivalGate::Pass::~Pass() {
  {
    const std::lock_guard lock(gate_.mutex_);
    gate_.under_way_.erase(gate_.under_way_.find(uuid_));
  }
  gate_.left_.notify_all();
}

}  // namespace xend
