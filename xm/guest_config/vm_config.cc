#include "xm/guest_config/vm_config.h"

#include <fmt/format.h>

#include "xm/error.h"
#include "xm/guest_config/cpuid.h"
#include "xm/guest_config/fields.h"

namespace xm::guest_config {
namespace {

sxp::Value pair(std::string_view name, sxp::Value value) {
  return sxp::Value::list({name, std::move(value)});
}

// Appends `(name VALUE)` for each of the variables that is true.
void add_true(sxp::List& config, const Settings& settings, std::initializer_list<std::string_view> names) {
  for (std::string_view name : names) {
    const Value value = settings.get(name);
    if (value.truth()) config.push_back(pair(name, value.to_sxp()));
  }
}

// The same for each that is set at all.
void add_set(sxp::List& config, const Settings& settings, std::initializer_list<std::string_view> names) {
  for (std::string_view name : names) {
    const Value value = settings.get(name);
    if (!value.is_none()) config.push_back(pair(name, value.to_sxp()));
  }
}

// With maxvcpus the guest has that many processors, of which `vcpus` are there from the start.
void add_vcpus(sxp::List& config, const Settings& settings) {
  const Value most = settings.get("maxvcpus");
  const Value vcpus = settings.get("vcpus");
  if (!most.truth()) {
    if (vcpus.truth()) config.push_back(pair("vcpus", vcpus.to_sxp()));
    return;
  }
  if (vcpus.truth()) {
    const std::int64_t* count = vcpus.as_int();
    if (count == nullptr) {
      throw Error::die(fmt::format("unsupported operand type(s) for <<: 'int' and '{}'", vcpus.type_name()));
    }
    if (*count < 0 || *count > 62)
      throw Error::die(fmt::format("vcpus = {} does not go together with maxvcpus", *count));
    config.push_back(pair("vcpu_avail", (std::int64_t{1} << *count) - 1));
  }
  config.push_back(pair("vcpus", most.to_sxp()));
}

void add_bootloader(sxp::List& config, const Settings& settings, const Host& host) {
  const std::string bootloader = settings.text("bootloader");
  if (bootloader.empty()) return;
  sxp::Value program = bootloader;
  if (bootloader == "pygrub") {
    const auto found = host.find_program(bootloader);
    program = found ? sxp::Value(*found) : sxp::Value();
  } else if (bootloader.ends_with("/bin/pygrub") && !host.exists(bootloader)) {
    program = host.xen_private_bin + "/pygrub";  // the path of an older Xen
  }
  config.push_back(pair("bootloader", program));
  sxp::Value arguments = settings.truth("console_autoconnect") ? "" : "-q";
  if (settings.truth("bootargs")) {
    arguments = settings.get("bootargs").to_sxp();
  } else if (settings.truth("bootloader_args")) {  // xl's name
    const Value value = settings.get("bootloader_args");
    arguments =
        value.as_list() != nullptr ? sxp::Value(fmt::format("{}", fmt::join(texts(value), " "))) : value.to_sxp();
  }
  config.push_back(pair("bootloader_args", arguments));
}

// A policy with a name is one of ACM: it was compared with the one in force, and there is none since Xen 4.2. FLASK's
// has no name: policy=,label=system_u:system_r:domU_t. xl's files say seclabel.
std::optional<std::string> security_label(const Settings& settings) {
  const std::vector<std::string> entries = texts(settings.get("access_control"));
  if (entries.empty() && settings.truth("seclabel")) return settings.get("seclabel").to_sxp().text();
  if (entries.empty()) return std::nullopt;
  if (entries.size() > 1) throw Error::die("Multiple access_control definitions.");
  const std::vector<std::string> fields = split(entries[0], ',');
  const bool is_good = fields.size() == 2 && fields[0].starts_with("policy=") && fields[1].starts_with("label=");
  if (!is_good) throw Error::die(fmt::format("Invalid access_control specifier: {}", entries[0]));
  const auto value = [](const std::string& field) { return field.substr(field.find('=') + 1); };
  if (const std::string policy = value(fields[0]); !policy.empty())
    throw Error::die(fmt::format("Security policy ({}) incompatible with enforced policy (none).", policy));
  return value(fields[1]);
}

sxp::Value label_config(const std::string& label) {
  const sxp::Value element = sxp::Value::list({"access_control", pair("policy", ""), pair("label", label)});
  return pair("security", sxp::Value::list({element}));
}

// Next to the image's, also for guests that are not HVM.
void add_cpuid(sxp::List& config, const Settings& settings) {
  for (const char* name : {"cpuid", "cpuid_check"}) {
    if (settings.truth(name)) config.push_back(pair(name, cpuid_config(settings, name)));
  }
}

}  // namespace

sxp::Value vm_config(const Settings& settings, const Host& host) {
  const std::optional<std::string> label = security_label(settings);
  sxp::List config = {"vm"};
  add_true(config, settings,
           {"name", "memory", "maxmem", "shadow_memory", "restart", "on_poweroff", "tsc_mode", "nomigrate", "on_reboot",
            "on_crash", "features", "on_xend_start", "on_xend_stop", "target"});
  if (settings.is_set("on_watchdog")) config.push_back(pair("on_watchdog", settings.get("on_watchdog").to_sxp()));
  add_cpuid(config, settings);
  add_true(config, settings, {"machine_address_size", "suppress_spurious_page_faults", "description"});
  add_vcpus(config, settings);
  add_set(config, settings, {"uuid", "cpu", "cpus"});
  const bool xl_cap = settings.get("cpu_cap").is_none() && settings.is_set("cap");
  if (xl_cap) config.push_back(pair("cpu_cap", settings.get("cap").to_sxp()));
  add_set(config, settings, {"cpu_cap", "cpu_weight"});
  for (std::string_view kind : {"blkif", "netif"}) {
    if (settings.truth(kind)) config.push_back(pair("backend", sxp::Value::list({kind})));
  }
  add_true(config, settings, {"localtime", "oos"});
  if (settings.truth("pool")) config.push_back(pair("pool_name", settings.get("pool").to_sxp()));
  add_bootloader(config, settings, host);
  config.push_back(image_config(settings, host));
  config.push_back(pair("s3_integrity", settings.get("s3_integrity").to_sxp()));
  if (label) config.push_back(label_config(*label));
  for (sxp::Value& device : device_configs(settings, host)) config.push_back(pair("device", std::move(device)));
  return config;
}

}  // namespace xm::guest_config
