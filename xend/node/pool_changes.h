// CPU pools of Xen that are about to come or to go: all of it happens, or none. Where a pool stands in xenstore is
// known here, what it is called is not.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "libxc-wrap/hypervisor.h"
#include "libxc-wrap/store.h"

namespace xend {

// Where xenstore has Xen's pool `id`.
std::string pool_path(std::uint32_t id);

// A pool on its way; gone again, its node in xenstore too, unless keep() is reached.
class PoolMaking {
 public:
  // Throws xc::Error, as add() does.
  PoolMaking(xc::Hypervisor& xen, xc::Store& store, const std::string& scheduler);
  ~PoolMaking();
  PoolMaking(const PoolMaking&) = delete;
  PoolMaking& operator=(const PoolMaking&) = delete;

  std::uint32_t id() const { return id_; }
  void add(unsigned cpu);
  void keep() { kept_ = true; }

 private:
  xc::Hypervisor& xen_;
  xc::Store& store_;
  std::uint32_t id_;
  std::vector<unsigned> cpus_;
  bool kept_ = false;
};

// CPUs on their way out of a pool that ends; back in it unless keep() is reached: in no pool they are of no use to
// anybody.
class PoolEmptying {
 public:
  // `name`: of the pool, for messages.
  PoolEmptying(xc::Hypervisor& xen, std::uint32_t id, std::string name);
  ~PoolEmptying();
  PoolEmptying(const PoolEmptying&) = delete;
  PoolEmptying& operator=(const PoolEmptying&) = delete;

  void take(unsigned cpu);  // throws xc::Error
  void keep() { kept_ = true; }

 private:
  xc::Hypervisor& xen_;
  const std::uint32_t id_;
  const std::string name_;
  std::vector<unsigned> cpus_;
  bool kept_ = false;
};

}  // namespace xend
