// Dom0's balloon in tests: it gives and takes at once, as far as it is allowed to.
#pragma once

#include <algorithm>
#include <mutex>
#include <vector>

#include "tests/fakes/fake_hypervisor.h"
#include "xend/node/dom0_memory.h"

namespace fakes {

class FakeDom0Memory final : public xend::Dom0Memory {
 public:
  explicit FakeDom0Memory(FakeHypervisor& xen) : xen_(xen) {}

  xc::KiB current() override { return xen_.domain(0)->memory; }

  void set_target(xc::MiB target) override {
    const std::lock_guard lock(mutex_);
    targets_.push_back(target.value);
    const xc::KiB reached = std::max(xc::KiB(target), floor_);
    xen_.change_domain(0, [&](xc::DomainInfo& info) { info.memory = reached; });
  }

  // The driver cannot get below this, whatever it is told.
  void stick_at(xc::KiB floor) { floor_ = floor; }

  // What it was told, in MiB.
  std::vector<std::uint64_t> targets() const {
    const std::lock_guard lock(mutex_);
    return targets_;
  }

 private:
  FakeHypervisor& xen_;
  mutable std::mutex mutex_;
  std::vector<std::uint64_t> targets_;
  xc::KiB floor_{0};
};

}  // namespace fakes
