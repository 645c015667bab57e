// What a domain is configured to be, typed: read from `(vm ...)` or `(domain ...)` and printed as `(domain ...)` again.
// Knows nothing of what runs. Keys, defaults and error texts: spec protocols section 7.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "libxc-wrap/cpuid.h"
#include "libxc-wrap/types.h"
#include "sxp/value.h"
#include "xend/devices/devices.h"

namespace xend {

// What happens when a domain has shut down (spec domain-lifecycle 12.3).
enum class Action { kDestroy, kRestart, kPreserve, kRenameRestart, kCoredumpDestroy, kCoredumpRestart };

std::string to_string(Action action);

// The element inside (image ...): kernel, command line, machine.
struct ImageConfig {
  std::string head = "linux";
  std::string kernel, ramdisk, args;
  // Keys of the machine in the order given, values as text; only those of spec protocols 7.4.
  std::vector<std::pair<std::string, std::string>> platform;
  std::map<std::string, std::string> notes;  // ELF notes of the kernel in use, upper-case names

  std::optional<std::string> platform_value(const std::string& key) const;
  // As a number; `otherwise` when it is not there or is none.
  long platform_number(const std::string& key, long otherwise) const;
  // As a truth, which is a number but 0; `otherwise` when it is not there.
  bool platform_flag(const std::string& key, bool otherwise) const;
  void set_platform(const std::string& key, const std::string& value);
};

struct DomainConfig {
  std::string name;
  xc::Uuid uuid;
  xc::GuestType type = xc::GuestType::kPv;
  xc::MiB memory, maxmem, shadow_memory;
  unsigned vcpus = 1;
  // Bit I: vcpu I is there from the start; those from the 64th on always are.
  std::uint64_t vcpu_avail = ~std::uint64_t{0};
  std::vector<std::vector<unsigned>> cpus;  // per vcpu the CPUs it may use; empty list: any
  std::uint16_t cpu_weight = 256, cpu_cap = 0;
  std::string pool_name = "Pool-0";
  Action on_poweroff = Action::kDestroy, on_reboot = Action::kRestart, on_crash = Action::kRestart;
  Action on_watchdog = Action::kDestroy;  // what xend did with every reason but the three above
  std::string on_xend_start = "ignore", on_xend_stop = "ignore";
  std::string bootloader, bootloader_args, features, description;
  std::string security_label;  // security_label.h
  ImageConfig image;
  xc::CpuidPolicy cpuid;
  std::vector<Device> devices;
  // Elements that have not become devices yet, in order: Devices::complete does that.
  std::vector<sxp::Value> device_elements;

  // Reads a configuration. Throws Error with the texts of spec protocols 7.1 and 7.6; a value that cannot be converted
  // is logged and skipped, as ever.
  static DomainConfig parse(const sxp::Value& config);

  bool nomigrate() const;
  // How many of its vcpus are offered to the guest; firmware sees them as the first ones.
  unsigned available_vcpus() const;
  bool vcpu_available(unsigned vcpu) const { return vcpu >= 64 || (vcpu_avail >> vcpu & 1) != 0; }
  unsigned tsc_mode() const;
};

// Throws Error unless `name` may be a domain's name (spec protocols 7.6).
void check_name(const std::string& name);

// The text of a CPU list, "0-3,^1": the CPUs it names, in order. Nothing when it is malformed.
std::optional<std::vector<unsigned>> parse_cpu_list(const std::string& text);

}  // namespace xend
