#include "xend/node/cpu_pools.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>

#include "xend/error.h"
#include "xend/log.h"
#include "xend/node/pool_changes.h"
#include "xend/node/pool_state.h"

namespace xend {

namespace {

constexpr std::size_t kLongestText = 256;
constexpr unsigned kMostCpus = 65536;

// The classic form of a refusal, a Python list, and a line for the person (spec xm-cli 2.4).
Error refusal(const std::string& code, const std::vector<std::string>& details, const std::string& sentence) {
  std::string text = "['" + code + "'";
  for (const auto& detail : details) text += ", '" + detail + "'";
  return Error(text + "]\n" + sentence);
}

unsigned number(const char* what, const std::string& text) {
  unsigned n = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), n);
  if (error != std::errc{} || end != text.data() + text.size() || n > kMostCpus)
    throw refusal("PARAMETER_ERROR", {what}, fmt::format("'{}' is not a number that {} can be.", text, what));
  return n;
}

void check_text(const char* what, const std::string& text) {
  const bool bad = std::any_of(text.begin(), text.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; });
  if (bad || text.size() > kLongestText)
    throw refusal("PARAMETER_ERROR", {what},
                  fmt::format("{} has a control character, or more than {} bytes.", what, kLongestText));
}

void check_name(const std::string& name) {
  constexpr std::string_view kAllowed = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-.:/+";
  if (name.empty()) throw refusal("PARAMETER_ERROR", {"Missing Pool Name"}, "A CPU pool needs a name.");
  check_text("name_label", name);
  if (name.find_first_not_of(kAllowed) != std::string::npos)
    throw refusal("PARAMETER_ERROR", {"Invalid Pool Name"},
                  "Names of CPU pools are made of letters, digits and the characters _ - . : / +");
}

// A file that cannot be read costs its pools, not every guest; whoever writes it reads it first, and is refused.
std::map<xc::Uuid, PoolRecord> managed_pools(const std::string& folder) {
  std::map<xc::Uuid, PoolRecord> managed;
  try {
    for (PoolRecord& record : read_pool_state(folder)) managed[record.uuid] = std::move(record);
  } catch (const Error& e) {
    XEND_LOG(Error, "Managed CPU pools are not known: {}", e.what());
  }
  return managed;
}

}  // namespace

PoolRecord PoolRecord::parse(const sxp::Value& config) {
  PoolRecord record;
  const auto text = [&](const char* key, const std::string& otherwise) {
    const std::string value = sxp::child_text(config, key).value_or(otherwise);
    check_text(key, value);
    return value;
  };
  record.uuid = xc::Uuid::random();
  record.name = text("name_label", "Pool-Unnamed");
  check_name(record.name);
  record.description = text("name_description", record.name);
  record.scheduler = text("sched_policy", "");
  record.ncpu = number("ncpu", text("ncpu", "1"));
  const std::string automatic = text("auto_power_on", "0");
  record.auto_power_on = !automatic.empty() && automatic != "0" && automatic != "False";
  if (const sxp::Value* cpus = sxp::child(config, "proposed_CPUs"))
    for (const sxp::Value& cpu : sxp::children(*cpus))
      if (!cpu.is_list()) record.proposed.push_back(number("proposed_CPUs", cpu.text()));
  if (const sxp::Value* other = sxp::child(config, "other_config")) {
    for (const sxp::Value& pair : sxp::children(*other)) {
      const std::string key(sxp::head(pair)), value = pair.as_list().size() > 1 ? pair.as_list()[1].text() : "";
      if (key.find('/') != std::string::npos || key.empty())
        throw refusal("PARAMETER_ERROR", {"other_config"}, "A key of other_config is empty or has a slash.");
      check_text("other_config", key + value);
      record.other_config[key] = value;
    }
  }
  return record;
}

CpuPools::CpuPools(xc::Hypervisor& xen, xc::Store& store, CurrentOptions& options)
    : xen_(xen), store_(store), options_(options) {}

void CpuPools::recover() noexcept {
  const std::lock_guard lock(mutex_);
  try {
    for (const Pool& pool : look()) {
      if (pool.active || !pool.record.auto_power_on) continue;
      try {
        activate(pool.record);
      } catch (const std::exception& e) {
        XEND_LOG(Error, "CPU pool {} cannot be activated: {}", pool.record.name, e.what());
      }
    }
  } catch (const std::exception& e) {
    XEND_LOG(Error, "The CPU pools cannot be found: {}", e.what());
  }
}

std::vector<Pool> CpuPools::list() {
  const std::lock_guard lock(mutex_);
  return look();
}

// ---- who is there -----------------------------------------------------------------------------------------------

std::vector<Pool> CpuPools::look() {
  auto managed = managed_pools(options_.get()->xend_state_path);
  std::vector<Pool> pools;
  names_.clear();
  for (const xc::PoolInfo& info : xen_.pools()) {
    pools.push_back(named(info, managed));
    names_[info.id] = pools.back().record.name;
    managed.erase(pools.back().record.uuid);
  }
  const auto first_inactive = static_cast<std::ptrdiff_t>(pools.size());
  for (auto& [uuid, record] : managed) pools.push_back({record, true, std::nullopt});
  std::sort(pools.begin() + first_inactive, pools.end(),
            [](const Pool& a, const Pool& b) { return a.record.name < b.record.name; });
  return pools;
}

// One of Xen's. What it is called stands in xenstore; one that nobody has named gets a name.
Pool CpuPools::named(const xc::PoolInfo& info, const std::map<xc::Uuid, PoolRecord>& managed) {
  Pool pool;
  pool.record = read_node(info.id);
  if (pool.record.uuid == xc::Uuid()) {
    pool.record.uuid = xc::Uuid::random();
    if (pool.record.name.empty()) pool.record.name = fmt::format("Pool-{}", info.id);
    if (pool.record.description.empty()) pool.record.description = pool.record.name;
    write_node(info.id, pool.record);
  }
  if (const auto known = managed.find(pool.record.uuid); known != managed.end()) {
    const PoolRecord now = pool.record;
    pool.managed = true;
    pool.record = known->second;
    pool.record.name = now.name;
    pool.record.description = now.description;
    pool.record.other_config = now.other_config;
  } else {
    pool.record.proposed = info.cpus;
  }
  pool.record.ncpu = static_cast<unsigned>(info.cpus.size());
  pool.record.scheduler = info.scheduler;
  pool.active = info;
  return pool;
}

PoolRecord CpuPools::read_node(std::uint32_t id) {
  PoolRecord record;
  record.uuid = xc::Uuid::parse(store_.read(pool_path(id) + "/uuid").value_or("")).value_or(xc::Uuid());
  record.name = store_.read(pool_path(id) + "/name").value_or("");
  record.description = store_.read(pool_path(id) + "/description").value_or(record.name);
  for (const std::string& key : store_.list(pool_path(id) + "/other_config"))
    record.other_config[key] = store_.read(pool_path(id) + "/other_config/" + key).value_or("");
  return record;
}

void CpuPools::write_node(std::uint32_t id, const PoolRecord& record) {
  store_.transaction([&](xc::Store& t) {
    t.write(pool_path(id) + "/uuid", record.uuid.to_string());
    t.write(pool_path(id) + "/name", record.name);
    t.write(pool_path(id) + "/description", record.description);
    t.make_dir(pool_path(id) + "/other_config");
    for (const auto& [key, value] : record.other_config) t.write(pool_path(id) + "/other_config/" + key, value);
  });
}

Pool CpuPools::find(const std::string& name) {
  for (Pool& pool : look())
    if (pool.record.name == name) return std::move(pool);
  throw Error(fmt::format("unknown pool {}", name));
}

std::uint32_t CpuPools::id_of(const std::string& name) {
  const std::lock_guard lock(mutex_);
  const Pool pool = find(name);
  if (!pool.active) throw Error(fmt::format("pool {} not activated", name));
  return pool.active->id;
}

std::string CpuPools::name_of(std::uint32_t id) {
  const std::lock_guard lock(mutex_);
  if (!names_.contains(id)) look();
  const auto found = names_.find(id);
  return found != names_.end() ? found->second : fmt::format("Pool-{}", id);
}

// ---- changes ----------------------------------------------------------------------------------------------------

void CpuPools::check_new_name(const PoolRecord& record) {
  for (const Pool& pool : look())
    if (pool.record.name == record.name)
      throw refusal("PARAMETER_ERROR", {fmt::format("Pool name \"{}\" already exists", record.name)},
                    "xm cpupool-list shows the pools that there are.");
}

void CpuPools::define(const sxp::Value& config) {
  const PoolRecord record = PoolRecord::parse(config);
  const std::lock_guard lock(mutex_);
  check_new_name(record);
  auto records = read_pool_state(options_.get()->xend_state_path);
  records.push_back(record);
  write_pool_state(options_.get()->xend_state_path, records);
  XEND_LOG(Info, "CPU pool {} is managed now.", record.name);
}

void CpuPools::create(const sxp::Value& config) {
  const PoolRecord record = PoolRecord::parse(config);
  const std::lock_guard lock(mutex_);
  check_new_name(record);
  activate(record);
}

void CpuPools::activate(const PoolRecord& record) {
  const std::string scheduler = record.scheduler.empty() ? xen_.host_info().scheduler : record.scheduler;
  constexpr std::string_view kKnown[] = {"credit", "credit2", "rtds", "arinc653", "null"};
  if (std::find(std::begin(kKnown), std::end(kKnown), scheduler) == std::end(kKnown))
    throw refusal("UNKOWN_SCHED_POLICY", {},
                  fmt::format("Xen has no scheduler {}: it has {}.", scheduler, fmt::join(kKnown, ", ")));
  const auto unbound = xen_.free_cpus();
  if (unbound.size() < record.ncpu)
    throw refusal(
        "INSUFFICIENT_CPUS", {std::to_string(record.ncpu), std::to_string(unbound.size())},
        fmt::format("CPU pool {} is to have {} CPUs, and {} are in no pool: `xm cpupool-cpu-remove` takes some "
                    "out of another.",
                    record.name, record.ncpu, unbound.size()));
  std::vector<unsigned> cpus;
  const auto is_proposed = [&](unsigned cpu) {
    return std::find(record.proposed.begin(), record.proposed.end(), cpu) != record.proposed.end();
  };
  std::copy_if(unbound.begin(), unbound.end(), std::back_inserter(cpus), is_proposed);
  std::copy_if(unbound.begin(), unbound.end(), std::back_inserter(cpus),
               [&](unsigned cpu) { return !is_proposed(cpu); });
  cpus.resize(record.ncpu);
  PoolMaking pool(xen_, store_, scheduler);
  write_node(pool.id(), record);
  for (const unsigned cpu : cpus) pool.add(cpu);
  pool.keep();
  names_[pool.id()] = record.name;
  XEND_LOG(Info, "CPU pool {} ({}) has been activated with the {} scheduler and the CPUs [{}].", record.name, pool.id(),
           scheduler, fmt::join(cpus, ", "));
}

void CpuPools::start(const std::string& name) {
  const std::lock_guard lock(mutex_);
  const Pool pool = find(name);
  if (pool.active) throw refusal("POOL_BAD_STATE", {"activated"}, fmt::format("CPU pool {} is active already.", name));
  activate(pool.record);
}

void CpuPools::stop(const std::string& name) {
  const std::lock_guard lock(mutex_);
  const Pool pool = find(name);
  if (!pool.active) throw refusal("POOL_BAD_STATE", {"deactivated"}, fmt::format("CPU pool {} is not active.", name));
  if (pool.active->domains != 0)
    throw refusal("POOL_BAD_STATE", {"in use"},
                  fmt::format("{} domains are in CPU pool {}: `xm cpupool-migrate` moves them to another.",
                              pool.active->domains, name));
  try {
    PoolEmptying emptying(xen_, pool.active->id, name);
    for (const unsigned cpu : pool.active->cpus) emptying.take(cpu);
    xen_.destroy_pool(pool.active->id);
    emptying.keep();
  } catch (const xc::Error& e) {
    throw refusal("POOL_BAD_STATE", {"in use"},
                  fmt::format("Xen does not let CPU pool {} go, and it stays as it is: {}", name, e.what()));
  }
  store_.remove(pool_path(pool.active->id));
  names_.erase(pool.active->id);
  XEND_LOG(Info, "CPU pool {} ({}) is no longer active.", name, pool.active->id);
}

void CpuPools::forget(const std::string& name) {
  const std::lock_guard lock(mutex_);
  const Pool pool = find(name);
  if (pool.active)
    throw refusal("POOL_BAD_STATE", {"activated"},
                  fmt::format("CPU pool {} is active: `xm cpupool-destroy` deactivates it.", name));
  auto records = read_pool_state(options_.get()->xend_state_path);
  std::erase_if(records, [&](const PoolRecord& record) { return record.uuid == pool.record.uuid; });
  write_pool_state(options_.get()->xend_state_path, records);
  XEND_LOG(Info, "CPU pool {} is forgotten.", name);
}

Pool CpuPools::find_for_cpu(const std::string& name, unsigned cpu) {
  Pool pool = find(name);
  const unsigned count = xen_.host_info().nr_cpus;
  if (cpu >= count)
    throw refusal("INVAILD_CPU", {"CPU unknown"}, fmt::format("This host has the CPUs 0 to {}.", count - 1));
  if (!pool.active) throw refusal("POOL_BAD_STATE", {"deactivated"}, fmt::format("CPU pool {} is not active.", name));
  return pool;
}

void CpuPools::add_cpu(const std::string& name, unsigned cpu) {
  const std::lock_guard lock(mutex_);
  const Pool pool = find_for_cpu(name, cpu);
  for (const Pool& other : look()) {
    if (!other.active || std::count(other.active->cpus.begin(), other.active->cpus.end(), cpu) == 0) continue;
    throw refusal("INVAILD_CPU", {fmt::format("cpu already assigned to pool \"{}\"", other.record.uuid.to_string())},
                  fmt::format("CPU {} is in {}: `xm cpupool-cpu-remove {} {}` takes it out.", cpu, other.record.name,
                              other.record.name, cpu));
  }
  xen_.add_cpu_to_pool(pool.active->id, cpu);
  follow_cpus(pool);
  XEND_LOG(Info, "CPU {} has been added to CPU pool {} ({}).", cpu, name, pool.active->id);
}

void CpuPools::remove_cpu(const std::string& name, unsigned cpu) {
  const std::lock_guard lock(mutex_);
  const Pool pool = find_for_cpu(name, cpu);
  const auto& cpus = pool.active->cpus;
  if (std::count(cpus.begin(), cpus.end(), cpu) == 0)
    throw refusal("INVAILD_CPU", {"CPU not assigned to pool"},
                  fmt::format("CPU pool {} has the CPUs [{}].", name, fmt::join(cpus, ", ")));
  if (cpus.size() < 2 && pool.active->domains > 0)
    throw refusal("LAST_CPU_NOT_REMOVEABLE", {"could not remove last cpu"},
                  fmt::format("{} domains are in CPU pool {} and need it.", pool.active->domains, name));
  xen_.remove_cpu_from_pool(pool.active->id, cpu);
  follow_cpus(pool);
  XEND_LOG(Info, "CPU {} has been taken out of CPU pool {} ({}).", cpu, name, pool.active->id);
}

void CpuPools::follow_cpus(const Pool& pool) {
  if (!pool.managed) return;
  auto records = read_pool_state(options_.get()->xend_state_path);
  for (const xc::PoolInfo& info : xen_.pools()) {
    if (info.id != pool.active->id) continue;
    for (PoolRecord& record : records) {
      if (record.uuid != pool.record.uuid) continue;
      record.ncpu = static_cast<unsigned>(info.cpus.size());
      record.proposed = info.cpus;
    }
  }
  write_pool_state(options_.get()->xend_state_path, records);
}

}  // namespace xend
