#include "libxc-wrap/libxc_hypervisor.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <utility>

extern "C" {
#include <xenctrl.h>
#include <xenguest.h>
}

#include "libxc-wrap/cpumap.h"
#include "libxc-wrap/domain_creation.h"
#include "libxc-wrap/libxc_host.h"

namespace xc {
namespace {

constexpr std::uint64_t kPageKiB = XC_PAGE_SIZE / 1024;
constexpr std::uint64_t kUnlimitedPages = 0xffffffff;  // dom0's limit when it has none (spec modern-xen 2.1)
constexpr unsigned kInfoBatch = 256;                   // domains asked for with one hypercall

DomainInfo domain_info(const xc_domaininfo_t& raw) {
  DomainInfo info;
  info.domid = raw.domain;
  std::array<std::uint8_t, 16> handle{};
  std::copy(std::begin(raw.handle), std::end(raw.handle), handle.begin());
  info.handle = Uuid(handle);
  info.hvm = (raw.flags & XEN_DOMINF_hvm_guest) != 0;
  info.dying = (raw.flags & XEN_DOMINF_dying) != 0;
  info.paused = (raw.flags & XEN_DOMINF_paused) != 0;
  info.blocked = (raw.flags & XEN_DOMINF_blocked) != 0;
  info.running = (raw.flags & XEN_DOMINF_running) != 0;
  info.shutdown = (raw.flags & XEN_DOMINF_shutdown) != 0;
  info.reason = static_cast<ShutdownReason>((raw.flags >> XEN_DOMINF_shutdownshift) & XEN_DOMINF_shutdownmask);
  info.memory = KiB{raw.tot_pages * kPageKiB};
  if (raw.max_pages < kUnlimitedPages) info.max_memory = KiB{raw.max_pages * kPageKiB};
  info.cpu_time_ns = raw.cpu_time;
  info.online_vcpus = raw.nr_online_vcpus;
  info.max_vcpu_id = raw.max_vcpu_id == XEN_INVALID_MAX_VCPU_ID ? 0 : raw.max_vcpu_id;
  info.ssidref = raw.ssidref;
  info.cpupool = raw.cpupool;
  return info;
}

// Destroys a domain that its maker did not live to keep.
class HalfMadeDomain {
 public:
  HalfMadeDomain(Handle& handle, DomId domid) : handle_(&handle), domid_(domid) {}
  ~HalfMadeDomain() {
    if (handle_ != nullptr) xc_domain_destroy(handle_->get(), domid_);
  }
  HalfMadeDomain(const HalfMadeDomain&) = delete;
  HalfMadeDomain& operator=(const HalfMadeDomain&) = delete;

  DomId keep() {
    handle_ = nullptr;
    return domid_;
  }

 private:
  Handle* handle_;
  DomId domid_;
};

}  // namespace

// ---- handles
// ----------------------------------------------------------------------------------------------------------

LibxcHypervisor::LibxcHypervisor() {
  idle_.emplace_back();
}

Handle LibxcHypervisor::take_handle() {
  {
    const std::lock_guard lock(mutex_);
    if (!idle_.empty()) {
      Handle handle = std::move(idle_.back());
      idle_.pop_back();
      return handle;
    }
  }
  return Handle();
}

LibxcHypervisor::Lease::Lease(LibxcHypervisor& owner) : owner_(owner), handle_(owner.take_handle()) {
  handle_.forget_log();
}

LibxcHypervisor::Lease::~Lease() {
  const std::lock_guard lock(owner_.mutex_);
  owner_.idle_.push_back(std::move(handle_));
}

// ---- what there is
// ----------------------------------------------------------------------------------------------------

std::vector<DomainInfo> LibxcHypervisor::domains() {
  Lease xc(*this);
  std::vector<DomainInfo> found;
  std::vector<xc_domaininfo_t> raw(kInfoBatch);
  DomId next = 0;
  for (int count = kInfoBatch; count == static_cast<int>(kInfoBatch);) {
    count = xc->check(xc_domain_getinfolist(xc->get(), next, kInfoBatch, raw.data()), "xc_domain_getinfolist");
    for (int i = 0; i < count; ++i) found.push_back(domain_info(raw[static_cast<std::size_t>(i)]));
    if (count > 0) next = found.back().domid + 1;
  }
  return found;
}

std::optional<DomainInfo> LibxcHypervisor::domain(DomId domid) {
  Lease xc(*this);
  xc_domaininfo_t raw{};
  // The first domain whose id is not below `domid`.
  const int count = xc->check(xc_domain_getinfolist(xc->get(), domid, 1, &raw), "xc_domain_getinfolist");
  if (count == 0 || raw.domain != domid) return std::nullopt;
  return domain_info(raw);
}

std::vector<VcpuInfo> LibxcHypervisor::vcpus(DomId domid, unsigned count) {
  Lease xc(*this);
  std::vector<VcpuInfo> found;
  for (unsigned number = 0; number < count; ++number) {
    xc_vcpuinfo_t raw{};
    xc->check(xc_vcpu_getinfo(xc->get(), domid, number, &raw), "xc_vcpu_getinfo");
    CpuMap hard(*xc);
    xc->check(
        xc_vcpu_getaffinity(xc->get(), domid, static_cast<int>(number), hard.data(), nullptr, XEN_VCPUAFFINITY_HARD),
        "xc_vcpu_getaffinity");
    found.push_back({.number = number,
                     .online = raw.online != 0,
                     .blocked = raw.blocked != 0,
                     .running = raw.running != 0,
                     .cpu_time_ns = raw.cpu_time,
                     .cpu = raw.cpu,
                     .affinity = hard.cpus()});
  }
  return found;
}

HostInfo LibxcHypervisor::host_info() {
  Lease xc(*this);
  return read_host_info(*xc);
}

// ---- making a domain
// --------------------------------------------------------------------------------------------------

DomId LibxcHypervisor::create_domain(const NewDomain& domain) {
  Lease xc(*this);
  if (domain.max_vcpus == 0) throw Error("xc_domain_create", EINVAL, "a domain needs at least one VCPU");
  xc_physinfo_t host{};
  xc->check(xc_physinfo(xc->get(), &host), "xc_physinfo");
  if (const std::string missing = missing_support(domain.type, host); !missing.empty())
    throw Error("xc_domain_create", EOPNOTSUPP, missing);

  xen_domctl_createdomain create = creation(domain, host);
  DomId domid = 0;  // Xen chooses
  xc->check(xc_domain_create(xc->get(), &domid, &create), "xc_domain_create");
  HalfMadeDomain made(*xc, domid);
  xc->check(xc_domain_max_vcpus(xc->get(), domid, domain.max_vcpus), "xc_domain_max_vcpus");
  return made.keep();
}

void LibxcHypervisor::set_max_memory(DomId domid, KiB maximum) {
  Lease xc(*this);
  xc->check(xc_domain_setmaxmem(xc->get(), domid, maximum.value), "xc_domain_setmaxmem");
}

void LibxcHypervisor::prepare_for_memory(DomId domid, const MachineParams& machine) {
  Lease xc(*this);
  if (machine.type == GuestType::kPv) {
    xc->check(xc_domain_set_memmap_limit(xc->get(), domid, KiB(machine.maximum).value), "xc_domain_set_memmap_limit");
  } else {
    for (const auto& [param, value, name] : hvm_params(machine))
      xc->check(xc_hvm_param_set(xc->get(), domid, param, value), name);
    // Page tables of 1 MiB each vcpu, and of a page each MiB of memory twice: enough with and without nested paging.
    const std::uint64_t pages = std::uint64_t{256} * machine.vcpus + 2 * machine.maximum.value;
    xc->check(xc_set_paging_mempool_size(xc->get(), domid, pages * XC_PAGE_SIZE), "xc_set_paging_mempool_size");
  }
  xc->check(xc_domain_set_tsc_info(xc->get(), domid, machine.tsc_mode, 0, 0, 0), "xc_domain_set_tsc_info");
}

void LibxcHypervisor::apply_cpuid_policy(DomId domid, bool pae, bool itsc, bool nested, const CpuidPolicy& changes) {
  Lease xc(*this);
  constexpr bool kRestored = false;
  CpuidPolicy texts = changes;  // the library's pointers are to texts that may be written to
  std::vector<xc_xend_cpuid> leaves;
  for (CpuidLeaf& change : texts) {
    xc_xend_cpuid& leaf = leaves.emplace_back();
    leaf.leaf = change.leaf;
    leaf.subleaf = change.subleaf.value_or(XEN_CPUID_INPUT_UNUSED);
    for (std::size_t i = 0; i < change.registers.size(); ++i)
      leaf.policy[i] = change.registers[i].empty() ? nullptr : change.registers[i].data();
  }
  leaves.emplace_back().leaf = XEN_CPUID_INPUT_UNUSED;  // the end
  const int result = xc_cpuid_apply_policy(xc->get(), domid, kRestored, nullptr, 0, pae, itsc, nested,
                                           changes.empty() ? nullptr : leaves.data(), nullptr);
  // Either -1 with errno or -errno (spec modern-xen 1).
  if (result != 0) xc->fail("xc_cpuid_apply_policy", result < -1 ? -result : errno);
}

void LibxcHypervisor::set_time_offset(DomId domid, std::chrono::seconds offset) {
  Lease xc(*this);
  xc->check(xc_domain_set_time_offset(xc->get(), domid, static_cast<std::int32_t>(offset.count())),
            "xc_domain_set_time_offset");
}

void LibxcHypervisor::set_handle(DomId domid, const Uuid& handle) {
  Lease xc(*this);
  xen_domain_handle_t bytes;
  std::copy(handle.bytes().begin(), handle.bytes().end(), bytes);
  xc->check(xc_domain_sethandle(xc->get(), domid, bytes), "xc_domain_sethandle");
}

Port LibxcHypervisor::allocate_channel(DomId domid) {
  Lease xc(*this);
  return static_cast<Port>(xc->check(xc_evtchn_alloc_unbound(xc->get(), domid, 0), "xc_evtchn_alloc_unbound"));
}

// ---- its life
// ---------------------------------------------------------------------------------------------------------

void LibxcHypervisor::pause(DomId domid) {
  Lease xc(*this);
  xc->check(xc_domain_pause(xc->get(), domid), "xc_domain_pause");
}

void LibxcHypervisor::unpause(DomId domid) {
  Lease xc(*this);
  xc->check(xc_domain_unpause(xc->get(), domid), "xc_domain_unpause");
}

void LibxcHypervisor::destroy(DomId domid) {
  Lease xc(*this);
  xc->check(xc_domain_destroy(xc->get(), domid), "xc_domain_destroy");
}

void LibxcHypervisor::shutdown(DomId domid, ShutdownReason reason) {
  Lease xc(*this);
  xc->check(xc_domain_shutdown(xc->get(), domid, static_cast<int>(reason)), "xc_domain_shutdown");
}

bool LibxcHypervisor::has_drivers(DomId domid) {
  Lease xc(*this);
  std::uint64_t callback = 0;
  // EINVAL for PV guests, which are nothing but such drivers.
  if (xc_hvm_param_get(xc->get(), domid, HVM_PARAM_CALLBACK_IRQ, &callback) != 0) return true;
  return callback != 0;
}

void LibxcHypervisor::resume(DomId domid) {
  Lease xc(*this);
  // Never 0: a modern PV Linux panics then (spec modern-xen 26.5).
  constexpr int kFast = 1;
  xc->check(xc_domain_resume(xc->get(), domid, kFast), "xc_domain_resume");
}

void LibxcHypervisor::send_trigger(DomId domid, const std::string& name, unsigned vcpu) {
  static constexpr std::array<std::pair<std::string_view, std::uint32_t>, 5> kTriggers = {
      {{"nmi", XEN_DOMCTL_SENDTRIGGER_NMI},
       {"reset", XEN_DOMCTL_SENDTRIGGER_RESET},
       {"init", XEN_DOMCTL_SENDTRIGGER_INIT},
       {"power", XEN_DOMCTL_SENDTRIGGER_POWER},
       {"sleep", XEN_DOMCTL_SENDTRIGGER_SLEEP}}};
  Lease xc(*this);
  if (name == "s3resume") {
    xc->check(xc_hvm_param_set(xc->get(), domid, HVM_PARAM_ACPI_S_STATE, 0), "xc_hvm_param_set(ACPI_S_STATE)");
    return;
  }
  for (const auto& [known, number] : kTriggers) {
    if (known != name) continue;
    xc->check(xc_domain_send_trigger(xc->get(), domid, number, vcpu), "xc_domain_send_trigger");
    return;
  }
  throw Error("xc_domain_send_trigger", EINVAL, "there is no trigger '" + name + "'");
}

void LibxcHypervisor::set_memory_target(DomId domid, KiB target) {
  Lease xc(*this);
  xc->check(xc_domain_set_pod_target(xc->get(), domid, target.value / kPageKiB, nullptr, nullptr, nullptr),
            "xc_domain_set_pod_target");
}

void LibxcHypervisor::pin_vcpu(DomId domid, unsigned vcpu, const std::vector<unsigned>& cpus) {
  Lease xc(*this);
  CpuMap hard(*xc);
  for (const unsigned cpu : cpus) hard.set(cpu);
  xc->check(xc_vcpu_setaffinity(xc->get(), domid, static_cast<int>(vcpu), hard.data(), nullptr, XEN_VCPUAFFINITY_HARD),
            "xc_vcpu_setaffinity");
}

// ---- the hypervisor's console
// -------------------------------------------------------------------------------------------

std::string LibxcHypervisor::console_ring(bool clear) {
  constexpr unsigned kPiece = 16384;
  Lease xc(*this);
  std::string ring;
  std::uint32_t position = 0;
  unsigned got = kPiece;
  for (bool first = true; got == kPiece; first = false) {
    std::string piece(kPiece, '\0');
    xc->check(xc_readconsolering(xc->get(), piece.data(), &got, clear, !first, &position), "xc_readconsolering");
    ring.append(piece, 0, got);
  }
  return ring;
}

void LibxcHypervisor::send_debug_keys(const std::string& keys) {
  Lease xc(*this);
  xc->check(xc_send_debug_keys(xc->get(), keys.c_str()), "xc_send_debug_keys");
}

}  // namespace xc
