#include "libxc-wrap/libxc_host.h"

#include <string.h>  // strnlen

#include <algorithm>
#include <array>
#include <cstdio>
#include <string>
#include <vector>

extern "C" {
#include <xenctrl.h>
}

#include "libxc-wrap/cpumap.h"

namespace xc {
namespace {

constexpr std::uint64_t kPageKiB = XC_PAGE_SIZE / 1024;

// The library's strings are arrays that the hypervisor may fill to the last byte.
template <std::size_t N>
std::string text(const char (&array)[N]) {
  return std::string(array, strnlen(array, N));
}

void read_physical(Handle& handle, HostInfo& host) {
  xc_physinfo_t info{};
  handle.check(xc_physinfo(handle.get(), &info), "xc_physinfo");
  host.nr_cpus = info.nr_cpus;
  host.nr_nodes = info.nr_nodes;
  host.cores_per_socket = info.cores_per_socket;
  host.threads_per_core = info.threads_per_core;
  host.cpu_khz = info.cpu_khz;
  for (const std::uint32_t word : info.hw_cap) {
    std::array<char, 9> hex{};
    std::snprintf(hex.data(), hex.size(), "%08x", word);
    host.hw_caps += (host.hw_caps.empty() ? "" : ":") + std::string(hex.data());
  }
  host.hvm = (info.capabilities & XEN_SYSCTL_PHYSCAP_hvm) != 0;
  host.pv = (info.capabilities & XEN_SYSCTL_PHYSCAP_pv) != 0;
  host.hap = (info.capabilities & XEN_SYSCTL_PHYSCAP_hap) != 0;
  host.shadow = (info.capabilities & XEN_SYSCTL_PHYSCAP_shadow) != 0;
  host.iommu = (info.capabilities & XEN_SYSCTL_PHYSCAP_directio) != 0;
  host.hvm_directio = host.hvm && (info.capabilities & XEN_SYSCTL_PHYSCAP_directio) != 0;
  host.grant_v2 = (info.capabilities & XEN_SYSCTL_PHYSCAP_gnttab_v2) != 0;
  host.total_kib = KiB{info.total_pages * kPageKiB};
  host.free_kib = KiB{info.free_pages * kPageKiB};
  host.scrub_kib = KiB{info.scrub_pages * kPageKiB};
  host.total_memory = MiB{host.total_kib.value / 1024};
  host.free_memory = MiB{host.free_kib.value / 1024};
}

void read_versions(Handle& handle, HostInfo& host) {
  const auto ask = [&handle](int command, void* answer) {
    return handle.check(xc_version(handle.get(), command, answer), "xc_version");
  };
  const auto version = static_cast<unsigned>(ask(XENVER_version, nullptr));
  host.xen_major = version >> 16;
  host.xen_minor = version & 0xffff;
  xen_extraversion_t extra{};
  ask(XENVER_extraversion, &extra);
  host.xen_extra = text(extra);
  xen_capabilities_info_t capabilities{};
  ask(XENVER_capabilities, &capabilities);
  host.xen_caps = text(capabilities);
  xen_changeset_info_t changeset{};
  ask(XENVER_changeset, &changeset);
  host.xen_changeset = text(changeset);
  xen_commandline_t commandline{};
  ask(XENVER_commandline, &commandline);
  host.xen_commandline = text(commandline);
  xen_platform_parameters_t parameters{};
  ask(XENVER_platform_parameters, &parameters);
  std::array<char, 40> start{};
  std::snprintf(start.data(), start.size(), "virt_start=0x%llx",
                static_cast<unsigned long long>(parameters.virt_start));
  host.platform_params = start.data();
  host.pagesize = static_cast<unsigned>(ask(XENVER_pagesize, nullptr));
  xen_compile_info_t compile{};
  ask(XENVER_compile_info, &compile);
  host.cc_compiler = text(compile.compiler);
  host.cc_compile_by = text(compile.compile_by);
  host.cc_compile_domain = text(compile.compile_domain);
  host.cc_compile_date = text(compile.compile_date);
}

void read_topology(Handle& handle, HostInfo& host) {
  unsigned cpus = 0;
  handle.check(xc_cputopoinfo(handle.get(), &cpus, nullptr), "xc_cputopoinfo");
  std::vector<xc_cputopo_t> topology(cpus);
  handle.check(xc_cputopoinfo(handle.get(), &cpus, topology.data()), "xc_cputopoinfo");
  topology.resize(std::min<std::size_t>(cpus, topology.size()));
  for (const xc_cputopo_t& cpu : topology) {
    if (cpu.socket == XEN_INVALID_SOCKET_ID) continue;  // not plugged in
    // Some processors (emulated ones) do not number their cores.
    host.cpu_topology.push_back({cpu.core == XEN_INVALID_CORE_ID ? 0 : cpu.core, cpu.socket, cpu.node});
  }

  unsigned nodes = 0;
  handle.check(xc_numainfo(handle.get(), &nodes, nullptr, nullptr), "xc_numainfo");
  std::vector<xc_meminfo_t> memory(nodes);
  std::vector<std::uint32_t> distance(std::size_t{nodes} * nodes);
  handle.check(xc_numainfo(handle.get(), &nodes, memory.data(), distance.data()), "xc_numainfo");
  for (unsigned node = 0; node < std::min<std::size_t>(nodes, memory.size()); ++node) {
    if (memory[node].memsize == XEN_INVALID_MEM_SZ) continue;
    const auto row = distance.begin() + static_cast<std::ptrdiff_t>(std::size_t{node} * nodes);
    host.numa.push_back({MiB{memory[node].memsize >> 20},
                         MiB{memory[node].memfree >> 20},
                         {row, row + static_cast<std::ptrdiff_t>(nodes)}});
  }
}

}  // namespace

int scheduler_id(Handle& handle) {
  int id = 0;
  handle.check(xc_sched_id(handle.get(), &id), "xc_sched_id");
  return id;
}

std::string_view scheduler_name(int id) {
  switch (id) {
    case XEN_SCHEDULER_CREDIT:
      return "credit";
    case XEN_SCHEDULER_CREDIT2:
      return "credit2";
    case XEN_SCHEDULER_ARINC653:
      return "arinc653";
    case XEN_SCHEDULER_RTDS:
      return "rtds";
    case XEN_SCHEDULER_NULL:
      return "null";
    default:
      return "unknown";
  }
}

HostInfo read_host_info(Handle& handle) {
  HostInfo host;
  read_physical(handle, host);
  read_versions(handle, host);
  host.scheduler = scheduler_name(scheduler_id(handle));
  read_topology(handle, host);
  host.free_cpus = static_cast<unsigned>(CpuMap(handle, xc_cpupool_freeinfo(handle.get())).cpus().size());
  return host;
}

}  // namespace xc
