// What the daemon asks of Xen itself, as a small interface: LibxcHypervisor (libxc_hypervisor.h) is the real one, tests
// bring a fake. Building, saving and restoring memory are not here: helper programs do that (domain_builder.h,
// domain_stream.h).
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "libxc-wrap/cpu_policy.h"
#include "libxc-wrap/cpuid.h"
#include "libxc-wrap/error.h"
#include "libxc-wrap/types.h"

namespace xc {

// One domain as xc_domain_getinfolist tells it (spec modern-xen 2.1).
struct DomainInfo {
  DomId domid = 0;
  Uuid handle;
  bool hvm = false;  // PVH too
  bool dying = false;
  bool paused = false;  // by the toolstack
  bool blocked = false;
  bool running = false;
  bool shutdown = false;                              // shut down for any reason, crash included
  ShutdownReason reason = ShutdownReason::kPoweroff;  // only meaningful when shutdown
  KiB memory;                                         // allocated now
  std::optional<KiB> max_memory;                      // nothing: unlimited (dom0)
  std::uint64_t cpu_time_ns = 0;
  unsigned online_vcpus = 0;
  unsigned max_vcpu_id = 0;
  std::uint32_t ssidref = 0;
  std::uint32_t cpupool = 0;
};

struct VcpuInfo {
  unsigned number = 0;
  bool online = false, blocked = false, running = false;
  std::uint64_t cpu_time_ns = 0;
  unsigned cpu = 0;
  std::vector<unsigned> affinity;  // hard affinity: physical CPUs
};

// Everything `xm info` wants (spec protocols 3.7, modern-xen 21).
struct HostInfo {
  unsigned nr_cpus = 0, nr_nodes = 0, cores_per_socket = 0, threads_per_core = 0, cpu_khz = 0;
  std::string hw_caps;  // eight words of eight hex digits joined by ':'
  bool hvm = false, pv = false, hap = false, shadow = false, hvm_directio = false;
  bool grant_v2 = false;
  bool iommu = false;  // for guests of any type
  MiB total_memory, free_memory;
  KiB free_kib, scrub_kib, total_kib;  // the same in KiB, and what is being scrubbed
  unsigned free_cpus = 0;              // in no pool
  unsigned xen_major = 0, xen_minor = 0;
  std::string xen_extra, xen_caps, xen_changeset, xen_commandline, platform_params;
  std::string scheduler;  // "credit", "credit2", "arinc653", "rtds", "null"
  unsigned pagesize = 0;
  std::string cc_compiler, cc_compile_by, cc_compile_domain, cc_compile_date;
  struct Cpu {
    unsigned core, socket, node;
  };
  struct Node {
    MiB total, free;
    std::vector<std::uint32_t> distance;
  };
  std::vector<Cpu> cpu_topology;
  std::vector<Node> numa;
};

struct NewDomain {
  Uuid handle;
  GuestType type = GuestType::kPv;
  unsigned max_vcpus = 1;
  std::uint32_t ssidref = 0;
  std::uint32_t cpupool = 0;
  bool nested = false;  // HVM: may run guests of its own
  bool iommu = false;   // PCI devices are going to be assigned to it; only where the host has an IOMMU
};

// What has to be said before a domain gets memory.
struct MachineParams {
  GuestType type = GuestType::kPv;
  MiB maximum;            // of its memory, that of a graphics card included
  unsigned vcpus = 1;     // as many as it was created with
  unsigned tsc_mode = 0;  // 0 default, 1 emulated, 2 native
  // HVM only, and nothing for PVH: names and numbers as in guests' configuration files.
  unsigned timer_mode = 1, viridian = 0;
  bool hpet = false, vpt_align = true;
};

// A group of CPUs with a scheduler of its own.
struct PoolInfo {
  std::uint32_t id = 0;
  std::string scheduler;       // as HostInfo's
  std::vector<unsigned> cpus;  // ascending
  unsigned domains = 0;        // how many are in it
};

struct SchedParams {
  std::optional<std::uint16_t> weight, cap;  // nothing: leave as it is
};

// Every call throws xc::Error. Safe to call from several threads at once.
class Hypervisor {
 public:
  virtual ~Hypervisor() = default;

  virtual std::vector<DomainInfo> domains() = 0;              // one hypercall, dom0 included, by domid
  virtual std::optional<DomainInfo> domain(DomId domid) = 0;  // nothing: there is no such domain
  virtual std::vector<VcpuInfo> vcpus(DomId domid, unsigned count) = 0;
  virtual HostInfo host_info() = 0;

  // Creates an empty, paused domain and allocates its vcpus. Both in one: an HVM container built without
  // xc_domain_max_vcpus panics the hypervisor (spec modern-xen 24, pitfall 2). Leaves no domain behind when it throws.
  virtual DomId create_domain(const NewDomain& domain) = 0;

  // As given. What Xen counts against it beside the guest's memory (special pages, ACPI tables) needs 1 MiB more:
  // without that slack a build or a restore fails (spec modern-xen 26.4, 26.7).
  virtual void set_max_memory(DomId domid, KiB maximum) = 0;
  // PV: the limit of its memory map. PVH/HVM: the hvm parameters of a new domain and its paging pool, sized for `vcpus`
  // and `maximum`; before any memory is given to it. All: the TSC mode. (spec modern-xen 6, 26.2 steps 4, 5)
  virtual void prepare_for_memory(DomId domid, const MachineParams& machine) = 0;
  // New domains only: a restored one gets its policy from the image. `changes` are made to what is the default for such
  // a guest on this host; Xen refuses (EINVAL) leaves that it does not know.
  virtual void apply_cpuid_policy(DomId domid, bool pae, bool itsc, bool nested, const CpuidPolicy& changes) = 0;
  // HVM: how far the guest's clock is ahead of UTC. New and restored domains alike.
  virtual void set_time_offset(DomId domid, std::chrono::seconds offset) = 0;
  // Another UUID than it was created with: a dead domain that is kept beside its successor.
  virtual void set_handle(DomId domid, const Uuid& handle) = 0;
  virtual Port allocate_channel(DomId domid) = 0;  // unbound, to be bound by dom0

  virtual void pause(DomId domid) = 0;
  virtual void unpause(DomId domid) = 0;
  virtual void destroy(DomId domid) = 0;  // returns when Xen has torn it down
  virtual void shutdown(DomId domid, ShutdownReason reason) = 0;
  // Whether an HVM guest has loaded drivers that take Xen's events; true for other guests.
  virtual bool has_drivers(DomId domid) = 0;
  // Lets a suspended domain go on in place: its suspend call returns 1 (spec modern-xen 11, 26.5).
  virtual void resume(DomId domid) = 0;
  virtual void send_trigger(DomId domid, const std::string& name, unsigned vcpu) = 0;  // nmi reset init power s3resume

  virtual void set_memory_target(DomId domid, KiB target) = 0;  // populate-on-demand target
  virtual SchedParams sched_params(DomId domid) = 0;            // of the scheduler of its pool
  virtual void set_sched_params(DomId domid, const SchedParams& params) = 0;
  virtual void pin_vcpu(DomId domid, unsigned vcpu, const std::vector<unsigned>& cpus) = 0;

  // CPU pools (spec modern-xen 19). Pool 0 is there from the start and stays.
  virtual std::vector<PoolInfo> pools() = 0;
  virtual std::vector<unsigned> free_cpus() = 0;                        // in no pool
  virtual std::uint32_t create_pool(const std::string& scheduler) = 0;  // without CPUs; EINVAL: no such scheduler
  virtual void destroy_pool(std::uint32_t pool) = 0;                    // EBUSY while it has CPUs or domains
  virtual void add_cpu_to_pool(std::uint32_t pool, unsigned cpu) = 0;   // EBUSY: the CPU is in one
  virtual void remove_cpu_from_pool(std::uint32_t pool, unsigned cpu) = 0;
  virtual void move_to_pool(DomId domid, std::uint32_t pool) = 0;  // EINVAL: the pool has no CPUs

  // FLASK, Xen's security module.
  virtual std::optional<bool> flask_enforcing() = 0;  // nothing: this Xen has no FLASK
  virtual void set_flask_enforcing(bool yes) = 0;
  virtual void load_flask_policy(const std::string& policy) = 0;  // binary
  virtual std::string flask_context(std::uint32_t sid) = 0;       // of DomainInfo::ssidref: "system_u:system_r:domU_t"
  virtual std::uint32_t flask_sid(const std::string& context) = 0;  // EINVAL: the policy has no such context

  // PCI devices of the host (spec modern-xen 20). `device`: segment << 16 | bus << 8 | slot << 3 | function.
  // Throws with EINVAL when a domain has it or Xen does not know it, EOPNOTSUPP when the host has no IOMMU.
  virtual void test_assign_device(std::uint32_t device) = 0;
  // The domain must have been created for it, see NewDomain::iommu; EOPNOTSUPP otherwise. EBUSY: one has it. A domain
  // that is destroyed loses its devices by itself.
  virtual void assign_device(DomId domid, std::uint32_t device) = 0;
  virtual void deassign_device(DomId domid, std::uint32_t device) = 0;
  // What a PV guest may use by itself: memory of devices in frames, I/O ports, interrupts. An interrupt is mapped
  // first; the guest knows it by the host's number.
  virtual void permit_memory(DomId domid, std::uint64_t first, std::uint64_t count, bool yes) = 0;
  virtual void permit_ports(DomId domid, unsigned first, unsigned count, bool yes) = 0;
  virtual void map_interrupt(DomId domid, int number) = 0;
  virtual void unmap_interrupt(DomId domid, int number) = 0;
  virtual void permit_interrupt(DomId domid, int number, bool yes) = 0;

  // Whether all that a guest has written to its console has been taken out of `console`, the page for that.
  virtual bool console_is_read(DomId domid, Frame console) = 0;

  virtual std::string console_ring(bool clear) = 0;  // `xm dmesg`
  virtual void send_debug_keys(const std::string& keys) = 0;

  // What CPUID answers a domain; and the most that a guest of that type can have of it on this host.
  virtual CpuPolicy cpu_policy(DomId domid) = 0;
  virtual CpuPolicy most_cpu_policy(GuestType type) = 0;
};

}  // namespace xc
