#include "tests/fakes/fake_hypervisor.h"

#include <algorithm>
#include <cerrno>
#include <utility>

namespace fakes {

FakeHypervisor::FakeHypervisor() {
  host_.nr_cpus = 4;
  host_.nr_nodes = 1;
  host_.cores_per_socket = 4;
  host_.threads_per_core = 1;
  host_.cpu_khz = 2'000'000;
  host_.hw_caps = "178bf3ff:f6d8320b:2e500800:244037ff:0000000f:219c91a9:00400004:00000500";
  host_.hvm = host_.pv = host_.hap = host_.grant_v2 = true;
  host_.total_memory = xc::MiB{4096};
  host_.total_kib = host_.total_memory;
  host_.xen_major = 4;
  host_.xen_minor = 17;
  host_.xen_extra = ".7";
  host_.xen_caps = "xen-3.0-x86_64 hvm-3.0-x86_32 hvm-3.0-x86_32p hvm-3.0-x86_64 ";
  host_.platform_params = "virt_start=0xffff800000000000";
  host_.scheduler = "credit2";
  host_.pagesize = 4096;
  for (unsigned cpu = 0; cpu < host_.nr_cpus; ++cpu) host_.cpu_topology.push_back({cpu, 0, 0});
  host_.numa.push_back({host_.total_memory, xc::MiB{0}, {10}});
  pools_[0] = {0, host_.scheduler, {0, 1, 2, 3}, 0};
  Domain& dom0 = domains_[0];
  dom0.info.running = true;
  dom0.info.online_vcpus = 4;
  dom0.info.max_vcpu_id = 3;
  dom0.info.memory = xc::MiB{1024};
}

// ---- what there is
// ----------------------------------------------------------------------------------------------------

std::vector<xc::DomainInfo> FakeHypervisor::domains() {
  const std::lock_guard lock(mutex_);
  std::vector<xc::DomainInfo> all;
  for (const auto& [domid, domain] : domains_) all.push_back(domain.info);
  return all;
}

std::optional<xc::DomainInfo> FakeHypervisor::domain(xc::DomId domid) {
  const std::lock_guard lock(mutex_);
  const auto found = domains_.find(domid);
  if (found == domains_.end()) return std::nullopt;
  return found->second.info;
}

std::vector<xc::VcpuInfo> FakeHypervisor::vcpus(xc::DomId domid, unsigned count) {
  const std::lock_guard lock(mutex_);
  Domain& domain = find("xc_vcpu_getinfo", domid);
  std::vector<xc::VcpuInfo> all;
  for (unsigned number = 0; number < count; ++number) {
    if (number > domain.info.max_vcpu_id) throw xc::Error("xc_vcpu_getinfo", ESRCH);
    xc::VcpuInfo vcpu;
    vcpu.number = number;
    vcpu.online = true;
    vcpu.cpu_time_ns = domain.info.cpu_time_ns / (domain.info.max_vcpu_id + 1);
    vcpu.affinity = domain.affinity[number];
    if (vcpu.affinity.empty()) {
      for (unsigned cpu = 0; cpu < host_.nr_cpus; ++cpu) vcpu.affinity.push_back(cpu);
    }
    all.push_back(vcpu);
  }
  return all;
}

xc::HostInfo FakeHypervisor::host_info() {
  const std::lock_guard lock(mutex_);
  xc::HostInfo host = host_;
  host.free_cpus = static_cast<unsigned>(unbound_cpus().size());
  std::uint64_t used = 0;
  for (const auto& [domid, domain] : domains_) used += domain.info.memory.value;
  host.free_kib = xc::KiB{host.total_kib.value - std::min(used, host.total_kib.value)};
  host.free_memory = xc::MiB{host.free_kib.value / 1024};
  for (xc::HostInfo::Node& node : host.numa) node.free = host.free_memory;
  return host;
}

// ---- making a domain
// --------------------------------------------------------------------------------------------------

xc::DomId FakeHypervisor::create_domain(const xc::NewDomain& domain) {
  const std::lock_guard lock(mutex_);
  const xc::DomId domid = next_domid_;
  record("create_domain", std::to_string(domid));
  if (domain.max_vcpus == 0) throw xc::Error("xc_domain_create", EINVAL);
  if (domain.iommu && !host_.iommu) throw xc::Error("xc_domain_create", EINVAL);
  if (find_pool("xc_domain_create", domain.cpupool).cpus.empty()) throw xc::Error("xc_domain_create", EINVAL);
  if (domain.type == xc::GuestType::kPv ? !host_.pv : !host_.hvm) throw xc::Error("xc_domain_create", EOPNOTSUPP);
  ++next_domid_;
  Domain& made = domains_[domid];
  made.info.domid = domid;
  made.info.handle = domain.handle;
  made.info.hvm = domain.type != xc::GuestType::kPv;
  made.info.paused = true;
  made.info.max_memory = xc::KiB{0};
  made.info.max_vcpu_id = domain.max_vcpus - 1;
  made.info.ssidref = domain.ssidref;
  made.info.cpupool = domain.cpupool;
  made.type = domain.type;
  made.iommu = domain.iommu;
  if (on_create_) on_create_();
  return domid;
}

void FakeHypervisor::set_max_memory(xc::DomId domid, xc::KiB maximum) {
  const std::lock_guard lock(mutex_);
  record("set_max_memory", std::to_string(domid) + " " + std::to_string(maximum.value));
  find("xc_domain_setmaxmem", domid).info.max_memory = maximum;
}

void FakeHypervisor::prepare_for_memory(xc::DomId domid, const xc::MachineParams& machine) {
  const std::lock_guard lock(mutex_);
  record("prepare_for_memory", std::to_string(domid) + " " + std::string(to_string(machine.type)) + " " +
                                   std::to_string(machine.maximum.value) + " " + std::to_string(machine.vcpus) + " " +
                                   std::to_string(machine.tsc_mode));
  if (find("xc_domain_set_tsc_info", domid).info.memory.value != 0)
    throw xc::Error("xc_set_paging_mempool_size", EBUSY);
}

void FakeHypervisor::apply_cpuid_policy(xc::DomId domid, bool, bool, bool, const xc::CpuidPolicy& changes) {
  const std::lock_guard lock(mutex_);
  std::string arguments = std::to_string(domid);
  for (const xc::CpuidLeaf& leaf : changes) arguments += " " + std::to_string(leaf.leaf) + ":" + leaf.registers[0];
  record("apply_cpuid_policy", arguments);
  find("xc_cpuid_apply_policy", domid);
}

xc::CpuPolicy FakeHypervisor::cpu_policy(xc::DomId domid) {
  const std::lock_guard lock(mutex_);
  fail_as_told("cpu_policy");
  find("xc_cpu_policy_get_domain", domid);
  return cpu_;
}

xc::CpuPolicy FakeHypervisor::most_cpu_policy(xc::GuestType) {
  const std::lock_guard lock(mutex_);
  fail_as_told("most_cpu_policy");
  return cpu_;
}

void FakeHypervisor::change_cpu(const std::function<void(xc::CpuPolicy&)>& change) {
  const std::lock_guard lock(mutex_);
  change(cpu_);
}

void FakeHypervisor::set_time_offset(xc::DomId domid, std::chrono::seconds offset) {
  const std::lock_guard lock(mutex_);
  record("set_time_offset", std::to_string(domid) + " " + std::to_string(offset.count()));
  find("xc_domain_set_time_offset", domid);
}

void FakeHypervisor::set_handle(xc::DomId domid, const xc::Uuid& handle) {
  const std::lock_guard lock(mutex_);
  record("set_handle", std::to_string(domid) + " " + handle.to_string());
  find("xc_domain_sethandle", domid).info.handle = handle;
}

xc::Port FakeHypervisor::allocate_channel(xc::DomId domid) {
  const std::lock_guard lock(mutex_);
  record("allocate_channel", std::to_string(domid));
  return find("xc_evtchn_alloc_unbound", domid).next_port++;
}

// ---- its life
// ---------------------------------------------------------------------------------------------------------

void FakeHypervisor::pause(xc::DomId domid) {
  const std::lock_guard lock(mutex_);
  record("pause", std::to_string(domid));
  Domain& domain = find("xc_domain_pause", domid);
  ++domain.pauses;
  domain.info.paused = true;
  domain.info.running = false;
}

void FakeHypervisor::unpause(xc::DomId domid) {
  const std::lock_guard lock(mutex_);
  record("unpause", std::to_string(domid));
  Domain& domain = find("xc_domain_unpause", domid);
  if (domain.pauses == 0) throw xc::Error("xc_domain_unpause", EINVAL);
  if (--domain.pauses > 0) return;
  domain.info.paused = false;
  domain.info.blocked = !domain.info.shutdown;
  domain.info.online_vcpus = std::max(domain.info.online_vcpus, 1U);
}

void FakeHypervisor::destroy(xc::DomId domid) {
  {
    const std::lock_guard lock(mutex_);
    record("destroy", std::to_string(domid));
    Domain& domain = find("xc_domain_destroy", domid);
    domain.info.dying = true;
    lost_words_ = lost_words_ || domain.last_words != 0;
    domain.info.running = domain.info.blocked = false;
    domain.info.memory = xc::KiB{domain.kept_dying ? std::uint64_t{4} : 0};
    if (!domain.kept_dying) domains_.erase(domid);
  }
  released();
}

void FakeHypervisor::shutdown(xc::DomId domid, xc::ShutdownReason reason) {
  {
    const std::lock_guard lock(mutex_);
    record("shutdown", std::to_string(domid) + " " + std::to_string(static_cast<int>(reason)));
    find("xc_domain_shutdown", domid);
  }
  guest_shuts_down(domid, reason);
}

void FakeHypervisor::resume(xc::DomId domid) {
  const std::lock_guard lock(mutex_);
  record("resume", std::to_string(domid));
  Domain& domain = find("xc_domain_resume", domid);
  if (!domain.info.shutdown || domain.info.reason != xc::ShutdownReason::kSuspend)
    throw xc::Error("xc_domain_resume", EINVAL, "Dom " + std::to_string(domid) + " not suspended");
  domain.info.shutdown = false;
  domain.info.blocked = true;
}

void FakeHypervisor::send_trigger(xc::DomId domid, const std::string& name, unsigned vcpu) {
  const std::lock_guard lock(mutex_);
  record("send_trigger", std::to_string(domid) + " " + name + " " + std::to_string(vcpu));
  find("xc_domain_send_trigger", domid);
}

void FakeHypervisor::set_memory_target(xc::DomId domid, xc::KiB target) {
  const std::lock_guard lock(mutex_);
  record("set_memory_target", std::to_string(domid) + " " + std::to_string(target.value));
  find("xc_domain_set_pod_target", domid);
}

// ---- scheduling and the console
// ---------------------------------------------------------------------------------------

xc::SchedParams FakeHypervisor::sched_params(xc::DomId domid) {
  const std::lock_guard lock(mutex_);
  return find("xc_sched_credit2_domain_get", domid).sched;
}

void FakeHypervisor::set_sched_params(xc::DomId domid, const xc::SchedParams& params) {
  const std::lock_guard lock(mutex_);
  record("set_sched_params", std::to_string(domid));
  xc::SchedParams& sched = find("xc_sched_credit2_domain_set", domid).sched;
  if (params.weight) sched.weight = params.weight;
  if (params.cap) sched.cap = params.cap;
}

void FakeHypervisor::pin_vcpu(xc::DomId domid, unsigned vcpu, const std::vector<unsigned>& cpus) {
  const std::lock_guard lock(mutex_);
  record("pin_vcpu", std::to_string(domid) + " " + std::to_string(vcpu));
  Domain& domain = find("xc_vcpu_setaffinity", domid);
  const bool known =
      !cpus.empty() && std::all_of(cpus.begin(), cpus.end(), [this](unsigned cpu) { return cpu < host_.nr_cpus; });
  if (!known) throw xc::Error("xc_vcpu_setaffinity", EINVAL);
  domain.affinity[vcpu] = cpus;
}

bool FakeHypervisor::console_is_read(xc::DomId domid, xc::Frame) {
  const std::lock_guard lock(mutex_);
  fail_as_told("console_is_read");
  auto& left = find("xenforeignmemory_map", domid).last_words;
  return left == 0 || --left == 0;
}

void FakeHypervisor::has_last_words(xc::DomId domid, unsigned looks) {
  const std::lock_guard lock(mutex_);
  find("has_last_words", domid).last_words = looks;
}

bool FakeHypervisor::lost_words() const {
  const std::lock_guard lock(mutex_);
  return lost_words_;
}

std::string FakeHypervisor::console_ring(bool clear) {
  const std::lock_guard lock(mutex_);
  return clear ? std::exchange(console_, "") : console_;
}

void FakeHypervisor::send_debug_keys(const std::string& keys) {
  const std::lock_guard lock(mutex_);
  record("send_debug_keys", keys);
}

// ---- for tests
// ---------------------------------------------------------------------------------------------------------

void FakeHypervisor::fail_next(const std::string& method, int error, const std::string& text) {
  const std::lock_guard lock(mutex_);
  faults_.push_back({method, error, text});
}

std::vector<std::string> FakeHypervisor::calls() const {
  const std::lock_guard lock(mutex_);
  return calls_;
}

void FakeHypervisor::on_release(std::function<void()> callback) {
  const std::lock_guard lock(mutex_);
  on_release_ = std::move(callback);
}

void FakeHypervisor::populate(xc::DomId domid, xc::KiB memory) {
  const std::lock_guard lock(mutex_);
  find("populate", domid).info.memory = memory;
}

void FakeHypervisor::guest_shuts_down(xc::DomId domid, xc::ShutdownReason reason) {
  {
    const std::lock_guard lock(mutex_);
    xc::DomainInfo& info = find("guest_shuts_down", domid).info;
    info.shutdown = true;
    info.reason = reason;
    info.running = info.blocked = false;
  }
  released();
}

void FakeHypervisor::keep_dying(xc::DomId domid) {
  const std::lock_guard lock(mutex_);
  find("keep_dying", domid).kept_dying = true;
}

void FakeHypervisor::reap(xc::DomId domid) {
  {
    const std::lock_guard lock(mutex_);
    domains_.erase(domid);
  }
  released();
}

void FakeHypervisor::change_host(const std::function<void(xc::HostInfo&)>& change) {
  const std::lock_guard lock(mutex_);
  change(host_);
}

void FakeHypervisor::change_domain(xc::DomId domid, const std::function<void(xc::DomainInfo&)>& change) {
  const std::lock_guard lock(mutex_);
  change(find("change_domain", domid).info);
}

void FakeHypervisor::record(const std::string& method, const std::string& arguments) {
  calls_.push_back(method + " " + arguments);
  fail_as_told(method);
}

void FakeHypervisor::fail_as_told(const std::string& method) {
  const auto fault =
      std::find_if(faults_.begin(), faults_.end(), [&](const Fault& told) { return told.method == method; });
  if (fault == faults_.end()) return;
  const Fault told = *fault;
  faults_.erase(fault);
  throw xc::Error(method, told.error, told.text);
}

FakeHypervisor::Domain& FakeHypervisor::find(const char* call, xc::DomId domid) {
  const auto found = domains_.find(domid);
  if (found == domains_.end()) throw xc::Error(call, ESRCH);
  return found->second;
}

void FakeHypervisor::released() {
  std::function<void()> callback;
  {
    const std::lock_guard lock(mutex_);
    callback = on_release_;
  }
  if (callback) callback();
}

}  // namespace fakes
