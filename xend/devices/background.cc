#include "xend/devices/background.h"

#include <chrono>
#include <utility>

namespace xend {

void Background::begin(std::function<void()> work) {
  const std::lock_guard lock(mutex_);
  std::erase_if(pending_,
                [](const auto& one) { return one.wait_for(std::chrono::seconds(0)) == std::future_status::ready; });
  pending_.push_back(std::async(std::launch::async, std::move(work)));
}

void Background::finish() {
  std::vector<std::future<void>> pending;
  {
    const std::lock_guard lock(mutex_);
    pending.swap(pending_);
  }
  for (auto& one : pending) one.wait();
}

}  // namespace xend
