// xend.cpu_pool.*: CPU pools (spec protocols 3.4, xm-cli 2.4).

#include <algorithm>
#include <fstream>

#include "xend/api/method.h"
#include "xend/domain/pool_move.h"
#include "xend/error.h"
#include "xend/log.h"

namespace xend {

namespace {

rpc::Value create(const Call& call) {
  call.host.pools->create(rpc::to_sxp(call.params[0]));
  return {};
}

rpc::Value define(const Call& call) {
  call.host.pools->define(rpc::to_sxp(call.params[0]));
  return {};
}

rpc::Value start(const Call& call) {
  call.host.pools->start(text_arg(call, 0));
  return {};
}

rpc::Value destroy(const Call& call) {
  call.host.pools->stop(text_arg(call, 0));
  return {};
}

rpc::Value forget(const Call& call) {
  call.host.pools->forget(text_arg(call, 0));
  return {};
}

unsigned cpu_arg(const Call& call, std::size_t i) {
  const auto cpu = int_arg(call, i, -1);
  if (cpu < 0 || cpu > 65535) throw Error(fmt::format("{} is not the number of a CPU.", cpu));
  return static_cast<unsigned>(cpu);
}

rpc::Value cpu_add(const Call& call) {
  call.host.pools->add_cpu(text_arg(call, 0), cpu_arg(call, 1));
  return {};
}

rpc::Value cpu_remove(const Call& call) {
  call.host.pools->remove_cpu(text_arg(call, 0), cpu_arg(call, 1));
  return {};
}

rpc::Value migrate(const Call& call) {
  move_to_pool(call.host, text_arg(call, 0), text_arg(call, 1));
  return {};
}

// ---- listing
// ----------------------------------------------------------------------------------------------------------

// The host as the other interface to xend would call it: its machine id, in the form of a UUID.
std::string host_uuid() {
  std::string id;
  std::ifstream("/etc/machine-id") >> id;
  if (id.size() != 32) return xc::Uuid().to_string();
  for (const std::size_t dash : {8u, 13u, 18u, 23u}) id.insert(dash, "-");
  return id;
}

rpc::Array pair(const char* key, rpc::Value value) {
  return {key, std::move(value)};
}

template <typename List, typename Convert>
rpc::Array flat(const char* key, const List& list, Convert&& convert) {
  rpc::Array element{key};
  for (const auto& item : list) element.push_back(convert(item));
  return element;
}

struct Resident {
  std::string name, uuid;
};

std::vector<Resident> residents(Host& host, const Pool& pool) {
  std::vector<Resident> found;
  if (!pool.active) return found;
  for (const auto& info : host.xen.domains()) {
    if (info.cpupool != pool.active->id) continue;
    if (const auto domain = host.domains.by_domid(info.domid))
      found.push_back({domain->name(), domain->state().config.uuid.to_string()});
  }
  return found;
}

rpc::Value describe(const Call& call, const Pool& pool, const std::string& host) {
  const auto cpus = pool.active ? pool.active->cpus : std::vector<unsigned>();
  const auto domains = residents(call.host, pool);
  const auto& record = pool.record;
  const auto cpu_reference = [&](unsigned cpu) { return host.substr(0, 24) + fmt::format("{:012x}", cpu); };
  const std::string scheduler = record.scheduler.empty() ? call.host.xen.host_info().scheduler : record.scheduler;
  return rpc::Array{
      record.uuid.to_string(),
      pair("uuid", record.uuid.to_string()),
      pair("name_label", record.name),
      pair("name_description", record.description),
      pair("resident_on", host),
      pair("auto_power_on", record.auto_power_on ? 1 : 0),
      flat("started_VMs", domains, [](const Resident& r) { return rpc::Value(r.uuid); }),
      flat("host_CPUs", cpus, [&](unsigned cpu) { return rpc::Value(cpu_reference(cpu)); }),
      pair("activated", pool.active.has_value()),
      pair("sched_policy", scheduler),
      flat("proposed_CPUs", record.proposed, [](unsigned cpu) { return rpc::Value(std::to_string(cpu)); }),
      flat("other_config", record.other_config,
           [](const auto& item) {
             return rpc::Value(rpc::Array{item.first, item.second});
           }),
      pair("ncpu", record.ncpu),
      flat("host_CPU_numbers", cpus, [](unsigned cpu) { return rpc::Value(cpu); }),
      flat("started_VM_names", domains, [](const Resident& r) { return rpc::Value(r.name); })};
}

rpc::Value list(const Call& call) {
  std::vector<std::string> names;
  if (has_arg(call, 0) && call.params[0].is_array())
    for (const auto& name : call.params[0].as_array())
      if (name.is_string()) names.push_back(name.as_string());
  const std::string host = host_uuid();
  rpc::Array result;
  for (const Pool& pool : call.host.pools->list()) {
    if (!names.empty() && std::find(names.begin(), names.end(), pool.record.name) == names.end()) continue;
    result.push_back(describe(call, pool, host));
  }
  return result;
}

constexpr Method kMethods[] = {
    {"create", 1, 1, create},   {"new", 1, 1, define},    {"start", 1, 1, start},     {"list", 0, 1, list, kReads},
    {"destroy", 1, 1, destroy}, {"delete", 1, 1, forget}, {"cpu_add", 2, 2, cpu_add}, {"cpu_remove", 2, 2, cpu_remove},
    {"migrate", 2, 2, migrate},
};

}  // namespace

std::span<const Method> pool_methods() {
  return kMethods;
}

}  // namespace xend
