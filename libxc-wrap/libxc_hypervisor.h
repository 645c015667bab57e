// The real Hypervisor: domctls, sysctls and hvm parameters through libxenctrl, resume and CPUID through libxenguest.
// Calls that wait (destroying a large domain takes seconds) hold up nobody: each takes a handle of its own from a pool.
#pragma once

#include <mutex>
#include <string>
#include <vector>

#include "libxc-wrap/handle.h"
#include "libxc-wrap/hypervisor.h"

namespace xc {

class LibxcHypervisor final : public Hypervisor {
 public:
  // Opens the first handle. Throws Error when this is no dom0, or not root.
  LibxcHypervisor();

  std::vector<DomainInfo> domains() override;
  std::optional<DomainInfo> domain(DomId domid) override;
  std::vector<VcpuInfo> vcpus(DomId domid, unsigned count) override;
  HostInfo host_info() override;
  DomId create_domain(const NewDomain& domain) override;
  void set_max_memory(DomId domid, KiB maximum) override;
  void prepare_for_memory(DomId domid, const MachineParams& machine) override;
  void apply_cpuid_policy(DomId domid, bool pae, bool itsc, bool nested, const CpuidPolicy& changes) override;
  void set_time_offset(DomId domid, std::chrono::seconds offset) override;
  void set_handle(DomId domid, const Uuid& handle) override;
  Port allocate_channel(DomId domid) override;
  void pause(DomId domid) override;
  void unpause(DomId domid) override;
  void destroy(DomId domid) override;
  void shutdown(DomId domid, ShutdownReason reason) override;
  bool has_drivers(DomId domid) override;
  void resume(DomId domid) override;
  void send_trigger(DomId domid, const std::string& name, unsigned vcpu) override;
  void set_memory_target(DomId domid, KiB target) override;
  SchedParams sched_params(DomId domid) override;
  void set_sched_params(DomId domid, const SchedParams& params) override;
  void pin_vcpu(DomId domid, unsigned vcpu, const std::vector<unsigned>& cpus) override;
  std::vector<PoolInfo> pools() override;
  std::vector<unsigned> free_cpus() override;
  std::uint32_t create_pool(const std::string& scheduler) override;
  void destroy_pool(std::uint32_t pool) override;
  void add_cpu_to_pool(std::uint32_t pool, unsigned cpu) override;
  void remove_cpu_from_pool(std::uint32_t pool, unsigned cpu) override;
  void move_to_pool(DomId domid, std::uint32_t pool) override;
  std::optional<bool> flask_enforcing() override;
  void set_flask_enforcing(bool yes) override;
  void load_flask_policy(const std::string& policy) override;
  std::string flask_context(std::uint32_t sid) override;
  std::uint32_t flask_sid(const std::string& context) override;
  void test_assign_device(std::uint32_t device) override;
  void assign_device(DomId domid, std::uint32_t device) override;
  void deassign_device(DomId domid, std::uint32_t device) override;
  void permit_memory(DomId domid, std::uint64_t first, std::uint64_t count, bool yes) override;
  void permit_ports(DomId domid, unsigned first, unsigned count, bool yes) override;
  void map_interrupt(DomId domid, int number) override;
  void unmap_interrupt(DomId domid, int number) override;
  void permit_interrupt(DomId domid, int number, bool yes) override;
  bool console_is_read(DomId domid, Frame console) override;
  std::string console_ring(bool clear) override;
  void send_debug_keys(const std::string& keys) override;
  CpuPolicy cpu_policy(DomId domid) override;
  CpuPolicy most_cpu_policy(GuestType type) override;

 private:
  // A handle for one call; goes back to the pool.
  class Lease {
   public:
    explicit Lease(LibxcHypervisor& owner);
    ~Lease();
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;
    Handle* operator->() { return &handle_; }
    Handle& operator*() { return handle_; }

   private:
    LibxcHypervisor& owner_;
    Handle handle_;
  };

  Handle take_handle();

  std::mutex mutex_;
  std::vector<Handle> idle_;
};

}  // namespace xc
