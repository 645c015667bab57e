#include "xend/domain/stored_config.h"

#include <charconv>

#include "xend/domain/domain_sxp.h"
#include "xend/error.h"
#include "xend/log.h"

namespace xend {

namespace {

constexpr std::uint64_t kMiB = 1024 * 1024;

sxp::Value pair(std::string_view key, sxp::Value value) {
  return sxp::Value::list({key, std::move(value)});
}

// Group 2 of spec protocols 7.2. As texts: xend wrote str() of each.
void add_xen_api_keys(sxp::List& out, const DomainConfig& c) {
  const auto bytes = [](xc::MiB mib) { return std::to_string(mib.value * kMiB); };
  const sxp::Value params =
      sxp::Value::list({pair("cap", std::to_string(c.cpu_cap)), pair("weight", std::to_string(c.cpu_weight))});
  out.push_back(pair("name_label", c.name));
  out.push_back(pair("is_a_template", "False"));
  out.push_back(pair("auto_power_on", "False"));  // on_xend_start says it
  out.push_back(pair("memory_static_min", "0"));
  out.push_back(pair("memory_static_max", bytes(c.maxmem)));
  out.push_back(pair("memory_dynamic_min", bytes(c.memory)));
  out.push_back(pair("memory_dynamic_max", bytes(c.memory)));
  out.push_back(pair("VCPUs_max", std::to_string(c.vcpus)));
  out.push_back(pair("vcpus_params", params));
}

// Keys that a stored domain has under another name, or of what it is now rather than of its configuration.
bool belongs_in_file(const sxp::Value& element) {
  const auto key = sxp::head(element);
  return key != "cpu_weight" && key != "cpu_cap" && key != "status";
}

// Dictionaries are lists of pairs.
std::optional<std::string> in_dictionary(const sxp::Value& v, std::string_view dictionary, std::string_view key) {
  const auto* items = sxp::child_value(v, dictionary);
  if (!items || !items->is_list()) return std::nullopt;
  for (const auto& item : items->as_list())
    if (sxp::is_element(item, key) && item.as_list().size() == 2) return item.as_list()[1].text();
  return std::nullopt;
}

std::optional<std::string> bytes_as_mib(const std::optional<std::string>& text) {
  if (!text) return std::nullopt;
  std::uint64_t bytes = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), bytes);
  if (error != std::errc{} || end != text->data() + text->size()) return std::nullopt;
  return std::to_string(bytes / kMiB);
}

bool is_true(const std::optional<std::string>& text) {
  return text == "True" || text == "true" || text == "1";
}

// The image of a domain that was defined over the Xen-API and has no other.
sxp::Value image_of(const sxp::Value& v) {
  const auto text = [&](const char* key) { return sxp::child_text(v, key).value_or(""); };
  const bool hvm = !text("HVM_boot_policy").empty();
  sxp::List image{hvm ? "hvm" : "linux", pair("kernel", text("PV_kernel"))};
  if (!text("PV_ramdisk").empty()) image.push_back(pair("ramdisk", text("PV_ramdisk")));
  if (!text("PV_args").empty()) image.push_back(pair("args", text("PV_args")));
  if (hvm) image.push_back(pair("boot", in_dictionary(v, "HVM_boot_params", "order").value_or("c")));
  if (const auto* platform = sxp::child_value(v, "platform"); platform && platform->is_list())
    for (const auto& item : platform->as_list())
      if (item.is_list() && item.as_list().size() == 2 && item.as_list()[0].is_string()) image.push_back(item);
  return image;
}

// Adds the legacy keys that are missing and that the Xen-API's imply.
void add_legacy_keys(sxp::Value& stored) {
  const sxp::Value given = stored;
  const auto add = [&](const char* key, const std::optional<std::string>& value) {
    if (value && !sxp::child(given, key)) stored.as_list().push_back(pair(key, *value));
  };
  static constexpr std::pair<const char*, const char*> kSame[] = {{"name", "name_label"},
                                                                  {"vcpus", "VCPUs_max"},
                                                                  {"on_poweroff", "actions_after_shutdown"},
                                                                  {"on_crash", "actions_after_crash"},
                                                                  {"on_reboot", "actions_after_reboot"},
                                                                  {"bootloader", "PV_bootloader"},
                                                                  {"bootloader_args", "PV_bootloader_args"},
                                                                  {"description", "name_description"}};
  for (const auto& [legacy, xen_api] : kSame) add(legacy, sxp::child_text(given, xen_api));
  add("maxmem", bytes_as_mib(sxp::child_text(given, "memory_static_max")));
  add("memory", bytes_as_mib(sxp::child_text(given, "memory_dynamic_max")));
  add("cpu_weight", in_dictionary(given, "vcpus_params", "weight"));
  add("cpu_cap", in_dictionary(given, "vcpus_params", "cap"));
  if (!sxp::child(given, "image")) stored.as_list().push_back(pair("image", image_of(given)));
}

}  // namespace

sxp::Value stored_sxp(const DomainConfig& config) {
  DomainState state;
  state.config = config;
  state.name = config.name;
  sxp::List out{"domain"};
  add_xen_api_keys(out, config);
  const auto listed = domain_sxp(state, std::nullopt, {.devices = true, .vcpu_avail = true});
  for (const auto& element : sxp::children(listed))
    if (belongs_in_file(element)) out.push_back(element);
  for (const auto& element : config.device_elements) out.push_back(pair("device", element));
  return out;
}

DomainConfig parse_stored(const sxp::Value& stored) {
  if (!stored.is_list()) throw Error("it is not (domain ...)");
  sxp::Value complete = stored;
  add_legacy_keys(complete);
  for (const char* key : {"uuid", "name"})
    if (sxp::child_text(complete, key).value_or("").empty())
      throw Error(fmt::format("there is no ({} ...) in it", key));
  DomainConfig config = DomainConfig::parse(complete);
  if (is_true(sxp::child_text(stored, "auto_power_on"))) config.on_xend_start = "start";
  config.image.notes.clear();  // of the kernel that was used last; the next start looks again
  return config;
}

}  // namespace xend
