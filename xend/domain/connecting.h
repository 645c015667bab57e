// The devices of a domain connected in threads of their own, beside whatever else goes on with it: hotplug scripts take
// seconds, most of which they wait.
#pragma once

#include <atomic>
#include <future>
#include <memory>
#include <vector>

#include "xend/domain/host.h"

namespace xend {

// Begins to connect `devices`, whose nodes are written. Whoever asks the result gets the failure of `earlier`, which is
// waited for when it is valid(), or else the first one in the order of the devices: an Error. `host` outlives it.
std::shared_future<void> connect_devices(Host& host, const Domain& domain, std::vector<Device> devices,
                                         const std::shared_future<void>& earlier);

// Whether a device may be connected while its domain's memory is still on its way, and the domain may still run on
// another host: cards whose script does no more than to plug them into a bridge, which sends nothing to a port without
// a guest. A disk may be read from then on, and a routed card draws the guest's packets to this host.
bool connects_early(const Device& device);

// Those of a domain's devices that are connected while its memory comes in. What was begun is the domain's: whoever
// takes that away (tear_down.h) waits for it, and undoes it.
class EarlyConnecting {
 public:
  // Writes their nodes and begins. When one fails, `step`, which goes on meanwhile, is cancelled. Throws Error.
  void begin(Host& host, Domain& domain, const Cancellation& step);
  // Ends the waiting and the scripts: the domain is not to be.
  void give_up();
  // Throws the failure that has cancelled the step; does nothing when it was something else.
  void check() const;
  // Not valid() when there are none.
  const std::shared_future<void>& result() const { return result_; }
  // Those of `devices` that are left.
  std::vector<Device> rest_of(std::vector<Device> devices) const;

 private:
  struct Shared {
    Cancellation given_up;
    std::atomic<bool> failed{false};
  };
  std::shared_ptr<Shared> shared_ = std::make_shared<Shared>();
  std::shared_future<void> result_;
};

}  // namespace xend
