#include "xend/node/pool_changes.h"

#include <utility>

#include "xend/log.h"

namespace xend {

std::string pool_path(std::uint32_t id) {
  return fmt::format("/local/pool/{}", id);
}

PoolMaking::PoolMaking(xc::Hypervisor& xen, xc::Store& store, const std::string& scheduler)
    : xen_(xen), store_(store), id_(xen.create_pool(scheduler)) {}

PoolMaking::~PoolMaking() {
  if (kept_) return;
  try {
    for (const unsigned cpu : cpus_) xen_.remove_cpu_from_pool(id_, cpu);
    store_.remove(pool_path(id_));
    xen_.destroy_pool(id_);
  } catch (const xc::Error& e) {
    XEND_LOG(Error, "CPU pool {} of Xen, which could not be made ready, stays: {}", id_, e.what());
  }
}

void PoolMaking::add(unsigned cpu) {
  xen_.add_cpu_to_pool(id_, cpu);
  cpus_.push_back(cpu);
}

PoolEmptying::PoolEmptying(xc::Hypervisor& xen, std::uint32_t id, std::string name)
    : xen_(xen), id_(id), name_(std::move(name)) {}

PoolEmptying::~PoolEmptying() {
  if (kept_) return;
  for (const unsigned cpu : cpus_) {
    try {
      xen_.add_cpu_to_pool(id_, cpu);
    } catch (const xc::Error& e) {
      XEND_LOG(Error, "CPU {} stays in no pool: {} ({}) does not take it back: {}", cpu, name_, id_, e.what());
    }
  }
}

void PoolEmptying::take(unsigned cpu) {
  xen_.remove_cpu_from_pool(id_, cpu);
  cpus_.push_back(cpu);
}

}  // namespace xend
