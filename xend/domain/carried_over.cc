#include "xend/domain/carried_over.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <string_view>

#include "xend/domain/image_keys.h"

namespace xend {

namespace {

// Of the domain's last run (spec protocols 7.1, runtime keys); stored_sxp has these under another name; and what
// stored_sxp leaves out when the domain has none of it.
constexpr std::string_view kNotKept[] = {"domid",   "status",       "state",           "start_time", "cpu_time",
                                         "up_time", "online_vcpus", "shutdown_reason", "store_mfn",  "console_mfn",
                                         "restart", "localtime",    "tsc_mode",        "nomigrate",  "cpu_weight",
                                         "cpu_cap", "on_watchdog",  "cpuid",           "device",     "security"};

// The same of the image; keys of the machine besides.
constexpr std::string_view kNotKeptOfImage[] = {"ramdisk", "args", "root", "ip", "vcpus", "cpuid", "notes"};

bool is_kept(const sxp::Value& element) {
  return std::ranges::find(kNotKept, sxp::head(element)) == std::end(kNotKept);
}

bool is_kept_of_image(const sxp::Value& element) {
  const auto key = sxp::head(element);
  return std::ranges::find(kNotKeptOfImage, key) == std::end(kNotKeptOfImage) && !is_platform_key(key);
}

// Device classes keep each (KEY TEXT) themselves, and the lists that they know: these come and go.
bool is_kept_of_device(const sxp::Value& element) {
  const auto key = sxp::head(element);
  const bool is_pair = !key.empty() && element.as_list().size() == 2 && !element.as_list()[1].is_list();
  return !is_pair && key != "dev" && key != "port";
}

// By its key; what has none, as it is.
bool says(const sxp::List& elements, const sxp::Value& what) {
  const auto key = sxp::head(what);
  return std::ranges::any_of(elements, [&](const auto& e) { return key.empty() ? e == what : sxp::head(e) == key; });
}

// Those of `before` that `written` does not say anything about.
template <typename Kept>
sxp::List unsaid(const sxp::List& written, const sxp::List& before, Kept&& kept) {
  sxp::List result;
  for (const auto& element : before)
    if (!says(written, element) && kept(element)) result.push_back(element);
  return result;
}

sxp::List tail(const sxp::Value& element) {
  const auto& items = element.as_list();
  return {items.begin() + (items.empty() ? 0 : 1), items.end()};
}

void append(sxp::List& items, const sxp::List& more) {
  items.insert(items.end(), more.begin(), more.end());
}

// The list that is the value of (key LIST); null when there is none.
sxp::List* list_of(sxp::Value& element, std::string_view key) {
  for (auto& item : element.as_list())
    if (sxp::is_element(item, key) && item.as_list().size() == 2 && item.as_list()[1].is_list())
      return &item.as_list()[1].as_list();
  return nullptr;
}

void carry_over_image(sxp::Value& written, const sxp::Value& before) {
  auto* image = list_of(written, "image");
  const auto* old = sxp::child_value(before, "image");
  if (image && old && old->is_list()) append(*image, unsaid(*image, tail(*old), is_kept_of_image));
}

// The CPUs of each vcpu that a Xen-API client has asked for are there: ((cap 0) (cpumap0 1,2) (weight 256)).
void carry_over_vcpus_params(sxp::Value& written, const sxp::Value& before) {
  auto* params = list_of(written, "vcpus_params");
  const auto* old = sxp::child_value(before, "vcpus_params");
  const auto all = [](const sxp::Value&) { return true; };
  if (params && old && old->is_list()) append(*params, unsaid(*params, old->as_list(), all));
}

// The device of the class and uuid of `device` that `before` has; null when it has none, or several.
const sxp::Value* same_device(const sxp::Value& before, const sxp::Value& device) {
  const auto uuid = sxp::child_text(device, "uuid").value_or("");
  const sxp::Value* found = nullptr;
  for (const auto* element : sxp::children_named(before, "device")) {
    if (uuid.empty() || element->as_list().size() != 2) continue;
    const auto& old = element->as_list()[1];
    if (sxp::head(old) != sxp::head(device) || sxp::child_text(old, "uuid") != uuid) continue;
    if (found) return nullptr;
    found = &old;
  }
  return found;
}

void carry_over_devices(sxp::Value& written, const sxp::Value& before) {
  for (auto& element : written.as_list()) {
    if (!sxp::is_element(element, "device") || element.as_list().size() != 2) continue;
    auto& device = element.as_list()[1];
    if (const auto* old = same_device(before, device))
      append(device.as_list(), unsaid(device.as_list(), tail(*old), is_kept_of_device));
  }
}

std::uint64_t number(const sxp::Value& v, std::string_view key) {
  const auto text = sxp::child_text(v, key).value_or("");
  std::uint64_t n = 0;
  std::from_chars(text.data(), text.data() + text.size(), n);
  return n;
}

void take(sxp::Value& written, const sxp::Value& before, std::string_view key) {
  const auto* old = sxp::child(before, key);
  if (!old) return;
  for (auto& element : written.as_list())
    if (sxp::is_element(element, key)) element = *old;
}

// Xen-API keys for which stored_sxp has a constant: what the file had holds as long as it fits the rest.
void carry_over_constants(sxp::Value& written, const sxp::Value& before) {
  take(written, before, "is_a_template");
  if (sxp::child_text(written, "on_xend_start") == "start") take(written, before, "auto_power_on");
  const auto memory = number(written, "memory_dynamic_max");
  if (number(before, "memory_static_min") <= memory) take(written, before, "memory_static_min");
  if (number(before, "memory_dynamic_max") == memory) take(written, before, "memory_dynamic_min");
}

}  // namespace

void carry_over(sxp::Value& written, const sxp::Value& before) {
  carry_over_constants(written, before);
  carry_over_image(written, before);
  carry_over_vcpus_params(written, before);
  carry_over_devices(written, before);
  // In front, with the other keys of the Xen-API: those of the listings are read last.
  auto& items = written.as_list();
  const auto more = unsaid(items, tail(before), is_kept);
  items.insert(items.begin() + 1, more.begin(), more.end());
}

}  // namespace xend
