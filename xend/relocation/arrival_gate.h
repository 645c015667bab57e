// One arrival of a guest at a time. Who migrates it again at once after a failure or a ^C would else be refused,
// because what the destination had of it is still being taken away: hotplug scripts take seconds.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <set>

#include "libxc-wrap/types.h"

namespace xend {

class ArrivalGate {
 public:
  // An arrival that is under way; over when it is destroyed.
  class Pass {
   public:
    ~Pass();
    Pass(const Pass&) = delete;
    Pass& operator=(const Pass&) = delete;

   private:
    friend class ArrivalGate;
    Pass(ArrivalGate& gate, const xc::Uuid& uuid) : gate_(gate), uuid_(uuid) {}

    ArrivalGate& gate_;
    xc::Uuid uuid_;
  };

  // Waits while another arrival of this guest is under way, but no longer than `limit`: one that goes on has to refuse
  // this one itself, by the name that is in use. The gate outlives what is returned.
  [[nodiscard]] Pass enter(const xc::Uuid& uuid, std::chrono::milliseconds limit);

 private:
  std::mutex mutex_;
  std::condition_variable left_;
  std::multiset<xc::Uuid> under_way_;
};

}  // namespace xend
