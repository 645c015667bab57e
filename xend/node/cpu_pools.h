// CPU pools: groups of CPUs with a scheduler of their own, in which domains run (spec xm-cli 2.4, modern-xen 19). Those
// that are active are Xen's and known by what stands of them in xenstore, whoever made them; managed ones are kept on
// disk, too, and can be inactive. Which domains are in one is not known here.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "libxc-wrap/hypervisor.h"
#include "libxc-wrap/store.h"
#include "sxp/value.h"
#include "xend/config/current_options.h"

namespace xend {

// What a pool is configured to be.
struct PoolRecord {
  xc::Uuid uuid;
  std::string name, description;
  std::string scheduler;           // "": the one that Xen runs
  unsigned ncpu = 1;               // how many CPUs it gets when it is activated
  std::vector<unsigned> proposed;  // CPUs that are taken first
  bool auto_power_on = false;      // activated when the daemon starts
  std::map<std::string, std::string> other_config;

  // Reads `(pool (name_label ...) ...)`. Throws Error.
  static PoolRecord parse(const sxp::Value& config);
};

struct Pool {
  PoolRecord record;
  bool managed = false;
  std::optional<xc::PoolInfo> active;  // nothing: Xen does not have it
};

class CpuPools {
 public:
  // Managed pools are kept below the option xend-state-path.
  CpuPools(xc::Hypervisor& xen, xc::Store& store, CurrentOptions& options);

  // At the daemon's start: gives pools of Xen that have no name one, and activates those that are to be. What fails is
  // logged.
  void recover() noexcept;

  // All of them, those of Xen first, by id; managed inactive ones by name.
  std::vector<Pool> list();

  // Each throws Error with the classic text: `unknown pool NAME`, or a code and what belongs to it as a Python list.
  void define(const sxp::Value& config);  // managed, inactive
  void create(const sxp::Value& config);  // active, for as long as it is
  void start(const std::string& name);
  void stop(const std::string& name);    // one that is not managed is gone then
  void forget(const std::string& name);  // an inactive one
  void add_cpu(const std::string& name, unsigned cpu);
  void remove_cpu(const std::string& name, unsigned cpu);

  // Xen's id of an active pool. Throws Error: `unknown pool NAME`, `pool NAME not activated`.
  std::uint32_t id_of(const std::string& name);
  // The name of Xen's pool `id`, as it was when pools were last looked at.
  std::string name_of(std::uint32_t id);

 private:
  // All with the lock held.
  std::vector<Pool> look();
  Pool find(const std::string& name);
  // The pool `name` for a change with CPU `cpu`. Throws Error when there is no such CPU, or the pool is not active.
  Pool find_for_cpu(const std::string& name, unsigned cpu);
  Pool named(const xc::PoolInfo& info, const std::map<xc::Uuid, PoolRecord>& managed);
  PoolRecord read_node(std::uint32_t id);
  void write_node(std::uint32_t id, const PoolRecord& record);
  void activate(const PoolRecord& record);
  void check_new_name(const PoolRecord& record);
  void follow_cpus(const Pool& pool);  // what a managed pool has now is what it is to have

  xc::Hypervisor& xen_;
  xc::Store& store_;
  CurrentOptions& options_;
  std::mutex mutex_;
  std::map<std::uint32_t, std::string> names_;
};

}  // namespace xend
