// A bit map of physical CPUs as libxenctrl allocates it.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <vector>

#include "libxc-wrap/handle.h"

namespace xc {

class CpuMap {
 public:
  // No CPU set. Throws Error.
  explicit CpuMap(Handle& handle);
  // Takes over a map that the library allocated for `handle`'s host.
  CpuMap(Handle& handle, std::uint8_t* map);

  std::uint8_t* data() { return map_.get(); }
  // Throws Error (EINVAL) for a CPU that the host does not have.
  void set(unsigned cpu);
  std::vector<unsigned> cpus() const;  // those set, ascending

 private:
  struct Free {
    void operator()(std::uint8_t* map) const { std::free(map); }
  };

  unsigned host_cpus_;  // one above the largest id
  std::unique_ptr<std::uint8_t, Free> map_;
};

}  // namespace xc
