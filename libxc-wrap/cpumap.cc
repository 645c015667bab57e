#include "libxc-wrap/cpumap.h"

#include <cerrno>
#include <string>

extern "C" {
#include <xenctrl.h>
}

#include "libxc-wrap/error.h"

namespace xc {

CpuMap::CpuMap(Handle& handle) : CpuMap(handle, xc_cpumap_alloc(handle.get())) {}

CpuMap::CpuMap(Handle& handle, std::uint8_t* map)
    : host_cpus_(static_cast<unsigned>(handle.check(xc_get_max_cpus(handle.get()), "xc_get_max_cpus"))), map_(map) {
  if (!map_) handle.fail("xc_cpumap_alloc", errno);
}

void CpuMap::set(unsigned cpu) {
  if (cpu >= host_cpus_) {
    throw Error(
        "xc_vcpu_setaffinity", EINVAL,
        "there is no CPU " + std::to_string(cpu) + ": the host has CPUs 0 to " + std::to_string(host_cpus_ - 1));
  }
  xc_cpumap_setcpu(static_cast<int>(cpu), map_.get());
}

std::vector<unsigned> CpuMap::cpus() const {
  std::vector<unsigned> set;
  for (unsigned cpu = 0; cpu < host_cpus_; ++cpu) {
    if (xc_cpumap_testcpu(static_cast<int>(cpu), map_.get()) != 0) set.push_back(cpu);
  }
  return set;
}

}  // namespace xc
