// A host in memory, behind the same interface as the real one: it keeps domains and their states, refuses what Xen
// refuses, records what it was asked, and can be told to fail.
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "libxc-wrap/hypervisor.h"

namespace fakes {

class FakeHypervisor final : public xc::Hypervisor {
 public:
  // A host of 4 GiB and four CPUs that runs PV, PVH and HVM guests, with domain 0 of 1 GiB.
  FakeHypervisor();

  std::vector<xc::DomainInfo> domains() override;
  std::optional<xc::DomainInfo> domain(xc::DomId domid) override;
  std::vector<xc::VcpuInfo> vcpus(xc::DomId domid, unsigned count) override;
  xc::HostInfo host_info() override;
  xc::DomId create_domain(const xc::NewDomain& domain) override;
  void set_max_memory(xc::DomId domid, xc::KiB maximum) override;
  void prepare_for_memory(xc::DomId domid, const xc::MachineParams& machine) override;
  void apply_cpuid_policy(xc::DomId domid, bool pae, bool itsc, bool nested, const xc::CpuidPolicy& changes) override;
  void set_time_offset(xc::DomId domid, std::chrono::seconds offset) override;
  void set_handle(xc::DomId domid, const xc::Uuid& handle) override;
  xc::Port allocate_channel(xc::DomId domid) override;
  bool has_drivers(xc::DomId) override { return true; }
  void pause(xc::DomId domid) override;
  void unpause(xc::DomId domid) override;
  void destroy(xc::DomId domid) override;
  void shutdown(xc::DomId domid, xc::ShutdownReason reason) override;
  void resume(xc::DomId domid) override;
  void send_trigger(xc::DomId domid, const std::string& name, unsigned vcpu) override;
  void set_memory_target(xc::DomId domid, xc::KiB target) override;
  xc::SchedParams sched_params(xc::DomId domid) override;
  void set_sched_params(xc::DomId domid, const xc::SchedParams& params) override;
  void pin_vcpu(xc::DomId domid, unsigned vcpu, const std::vector<unsigned>& cpus) override;
  std::vector<xc::PoolInfo> pools() override;
  std::vector<unsigned> free_cpus() override;
  std::uint32_t create_pool(const std::string& scheduler) override;
  void destroy_pool(std::uint32_t pool) override;
  void add_cpu_to_pool(std::uint32_t pool, unsigned cpu) override;
  void remove_cpu_from_pool(std::uint32_t pool, unsigned cpu) override;
  void move_to_pool(xc::DomId domid, std::uint32_t pool) override;
  std::optional<bool> flask_enforcing() override;
  void set_flask_enforcing(bool yes) override;
  void load_flask_policy(const std::string& policy) override;
  std::string flask_context(std::uint32_t sid) override;
  std::uint32_t flask_sid(const std::string& context) override;
  void test_assign_device(std::uint32_t device) override;
  void assign_device(xc::DomId domid, std::uint32_t device) override;
  void deassign_device(xc::DomId domid, std::uint32_t device) override;
  void permit_memory(xc::DomId domid, std::uint64_t first, std::uint64_t count, bool yes) override;
  void permit_ports(xc::DomId domid, unsigned first, unsigned count, bool yes) override;
  void map_interrupt(xc::DomId domid, int number) override;
  void unmap_interrupt(xc::DomId domid, int number) override;
  void permit_interrupt(xc::DomId domid, int number, bool yes) override;
  bool console_is_read(xc::DomId domid, xc::Frame console) override;
  std::string console_ring(bool clear) override;
  void send_debug_keys(const std::string& keys) override;
  xc::CpuPolicy cpu_policy(xc::DomId domid) override;
  xc::CpuPolicy most_cpu_policy(xc::GuestType type) override;

  // ---- for tests ----

  // The next call of that method ("create_domain", "destroy", ...) throws xc::Error with `error` and `text`.
  void fail_next(const std::string& method, int error, const std::string& text = "");
  // "create_domain 1", "set_max_memory 1 65536", "pause 1", ..., in order. Questions are not recorded.
  std::vector<std::string> calls() const;
  // Called, without a lock, whenever a domain shuts down or is gone: wire it to FakeStore::fire("@releaseDomain").
  void on_release(std::function<void()> callback);
  // Called when a domain has been created and nobody knows its number yet.
  void on_create(std::function<void()> callback) { on_create_ = std::move(callback); }

  // What a builder or restorer does: gives the domain memory, taken from the host's.
  void populate(xc::DomId domid, xc::KiB memory);
  // What the guest itself does.
  void guest_shuts_down(xc::DomId domid, xc::ShutdownReason reason);
  // xenconsoled has not read what the domain wrote, until it has been looked for so many times.
  void has_last_words(xc::DomId domid, unsigned looks);
  bool lost_words() const;  // a domain was destroyed that had some
  // A destroyed domain stays, dying, until reap(): somebody still maps its pages.
  void keep_dying(xc::DomId domid);
  void reap(xc::DomId domid);
  // Changes what host_info() answers (free memory follows the domains by itself).
  void change_host(const std::function<void(xc::HostInfo&)>& change);
  // Changes the host's CPU, which its guests see as it is.
  void change_cpu(const std::function<void(xc::CpuPolicy&)>& change);
  // Xen has FLASK, in that mode; contexts are "system_u:system_r:sid_N", and domU_t for sid_11.
  void has_flask(bool enforcing);
  // Changes what is told about a domain: CPU time, states.
  void change_domain(xc::DomId domid, const std::function<void(xc::DomainInfo&)>& change);
  // What domains have of PCI devices now: "1 device 0x200", "1 memory 0xfebf0+16", "1 ports 0xc000+32", "1 mapped 17",
  // "1 interrupt 17", sorted.
  std::vector<std::string> granted() const;

 private:
  struct Domain {
    xc::DomainInfo info;
    xc::GuestType type = xc::GuestType::kPv;
    unsigned pauses = 1;  // Xen counts them, and makes a domain with one
    bool kept_dying = false;
    unsigned last_words = 0;  // how often they are still there
    bool iommu = false;
    std::set<std::string> granted;
    xc::Port next_port = 1;
    xc::SchedParams sched{256, 0};
    std::map<unsigned, std::vector<unsigned>> affinity;
  };
  struct Fault {
    std::string method;
    int error;
    std::string text;
  };

  // All with the lock held; they throw what the library would.
  void record(const std::string& method, const std::string& arguments);
  void fail_as_told(const std::string& method);
  Domain& find(const char* call, xc::DomId domid);
  void released();
  xc::PoolInfo& find_pool(const char* call, std::uint32_t pool);
  std::vector<unsigned> unbound_cpus() const;
  void grant(xc::DomId domid, const std::string& what, bool yes);

  mutable std::mutex mutex_;
  std::map<xc::DomId, Domain> domains_;
  xc::DomId next_domid_ = 1;
  std::map<std::uint32_t, xc::PoolInfo> pools_;  // the numbers of their domains are counted when asked for
  std::optional<bool> flask_;
  xc::HostInfo host_;
  std::string console_ = "(XEN) fake\n";
  std::vector<std::string> calls_;
  std::vector<Fault> faults_;
  bool lost_words_ = false;
  std::function<void()> on_release_, on_create_;
  xc::CpuPolicy cpu_{0xd, 1, 0x80000021, {0x178bfbff, 0xfffa3203, 0x2c100800, 0x121, 0xf, 0x219c07ab}};
};

}  // namespace fakes
