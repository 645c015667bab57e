// FakeHypervisor's CPU pools and FLASK.
#include <algorithm>
#include <cerrno>

#include "tests/fakes/fake_hypervisor.h"

namespace fakes {

namespace {

constexpr std::uint32_t kDomU = 11;
const std::string kContext = "system_u:system_r:";

}  // namespace

std::vector<unsigned> FakeHypervisor::unbound_cpus() const {
  std::vector<unsigned> cpus;
  for (unsigned cpu = 0; cpu < host_.nr_cpus; ++cpu) {
    const bool bound = std::any_of(pools_.begin(), pools_.end(), [&](const auto& pool) {
      return std::count(pool.second.cpus.begin(), pool.second.cpus.end(), cpu) != 0;
    });
    if (!bound) cpus.push_back(cpu);
  }
  return cpus;
}

xc::PoolInfo& FakeHypervisor::find_pool(const char* call, std::uint32_t pool) {
  const auto found = pools_.find(pool);
  if (found == pools_.end()) throw xc::Error(call, ESRCH);
  return found->second;
}

std::vector<xc::PoolInfo> FakeHypervisor::pools() {
  const std::lock_guard lock(mutex_);
  std::vector<xc::PoolInfo> all;
  for (const auto& [id, pool] : pools_) {
    all.push_back(pool);
    for (const auto& [domid, domain] : domains_) all.back().domains += domain.info.cpupool == id ? 1 : 0;
  }
  return all;
}

std::vector<unsigned> FakeHypervisor::free_cpus() {
  const std::lock_guard lock(mutex_);
  return unbound_cpus();
}

std::uint32_t FakeHypervisor::create_pool(const std::string& scheduler) {
  const std::lock_guard lock(mutex_);
  record("create_pool", scheduler);
  const std::uint32_t id = pools_.rbegin()->first + 1;
  pools_[id] = {id, scheduler, {}, 0};
  return id;
}

void FakeHypervisor::destroy_pool(std::uint32_t pool) {
  const std::lock_guard lock(mutex_);
  record("destroy_pool", std::to_string(pool));
  const bool used = std::any_of(domains_.begin(), domains_.end(),
                                [&](const auto& domain) { return domain.second.info.cpupool == pool; });
  if (used || !find_pool("xc_cpupool_destroy", pool).cpus.empty()) throw xc::Error("xc_cpupool_destroy", EBUSY);
  pools_.erase(pool);
}

void FakeHypervisor::add_cpu_to_pool(std::uint32_t pool, unsigned cpu) {
  const std::lock_guard lock(mutex_);
  record("add_cpu_to_pool", std::to_string(pool) + " " + std::to_string(cpu));
  const std::vector<unsigned> unbound = unbound_cpus();
  if (std::count(unbound.begin(), unbound.end(), cpu) == 0) throw xc::Error("xc_cpupool_addcpu", EBUSY);
  auto& cpus = find_pool("xc_cpupool_addcpu", pool).cpus;
  cpus.insert(std::upper_bound(cpus.begin(), cpus.end(), cpu), cpu);
}

void FakeHypervisor::remove_cpu_from_pool(std::uint32_t pool, unsigned cpu) {
  const std::lock_guard lock(mutex_);
  record("remove_cpu_from_pool", std::to_string(pool) + " " + std::to_string(cpu));
  if (std::erase(find_pool("xc_cpupool_removecpu", pool).cpus, cpu) == 0)
    throw xc::Error("xc_cpupool_removecpu", EINVAL);
}

void FakeHypervisor::move_to_pool(xc::DomId domid, std::uint32_t pool) {
  const std::lock_guard lock(mutex_);
  record("move_to_pool", std::to_string(domid) + " " + std::to_string(pool));
  if (find_pool("xc_cpupool_movedomain", pool).cpus.empty()) throw xc::Error("xc_cpupool_movedomain", EINVAL);
  find("xc_cpupool_movedomain", domid).info.cpupool = pool;
}

std::optional<bool> FakeHypervisor::flask_enforcing() {
  const std::lock_guard lock(mutex_);
  return flask_;
}

void FakeHypervisor::set_flask_enforcing(bool yes) {
  const std::lock_guard lock(mutex_);
  record("set_flask_enforcing", yes ? "1" : "0");
  if (!flask_) throw xc::Error("xc_flask_setenforce", ENOSYS);
  flask_ = yes;
}

void FakeHypervisor::load_flask_policy(const std::string& policy) {
  const std::lock_guard lock(mutex_);
  record("load_flask_policy", std::to_string(policy.size()));
  if (!flask_) throw xc::Error("xc_flask_load", ENOSYS);
}

std::string FakeHypervisor::flask_context(std::uint32_t sid) {
  const std::lock_guard lock(mutex_);
  if (!flask_) throw xc::Error("xc_flask_sid_to_context", ENOSYS);
  return sid == kDomU ? kContext + "domU_t" : kContext + "sid_" + std::to_string(sid);
}

std::uint32_t FakeHypervisor::flask_sid(const std::string& context) {
  const std::lock_guard lock(mutex_);
  fail_as_told("flask_sid");
  if (!flask_) throw xc::Error("xc_flask_context_to_sid", ENOSYS);
  if (context == kContext + "domU_t") return kDomU;
  const std::string numbered = kContext + "sid_";
  if (!context.starts_with(numbered)) throw xc::Error("xc_flask_context_to_sid", EINVAL);
  return static_cast<std::uint32_t>(std::stoul(context.substr(numbered.size())));
}

void FakeHypervisor::has_flask(bool enforcing) {
  const std::lock_guard lock(mutex_);
  flask_ = enforcing;
}

}  // namespace fakes
