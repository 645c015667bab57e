#include "xend/domain/domain_config.h"

#include <algorithm>
#include <charconv>
#include <cstdint>

#include "xend/domain/cpuid_config.h"
#include "xend/domain/image_keys.h"
#include "xend/domain/security_label.h"
#include "xend/error.h"
#include "xend/log.h"

namespace xend {

namespace {

// Python's int(): blanks around, a sign, decimal digits (spec xend-config section 2).
std::optional<std::int64_t> parse_int(std::string_view text) {
  const auto blank = " \t\n\v\f\r";
  const auto first = text.find_first_not_of(blank);
  if (first == std::string_view::npos) return std::nullopt;
  text = text.substr(first, text.find_last_not_of(blank) - first + 1);
  if (text.starts_with('+')) text.remove_prefix(1);
  std::int64_t n = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), n);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return n;
}

// The number of a key, between `low` and `high`; anything else is logged and counts as absent.
std::optional<std::int64_t> number(const sxp::Value& config, std::string_view key, std::int64_t low,
                                   std::int64_t high) {
  const auto text = sxp::child_text(config, key);
  if (!text) return std::nullopt;
  const auto n = parse_int(*text);
  if (n && *n >= low && *n <= high) return n;
  XEND_LOG(Warning, "({} {}) of the configuration is ignored: a number from {} to {} is expected.", key, *text, low,
           high);
  return std::nullopt;
}

constexpr std::int64_t kMaxMiB = std::int64_t{1} << 32;

Action parse_action(const std::string& text, const char* event) {
  static const std::map<std::string, Action> kActions = {
      {"destroy", Action::kDestroy},
      {"restart", Action::kRestart},
      {"preserve", Action::kPreserve},
      {"rename-restart", Action::kRenameRestart},
      {"rename_restart", Action::kRenameRestart},
      {"coredump-destroy", Action::kCoredumpDestroy},
      {"coredump_and_destroy", Action::kCoredumpDestroy},
      {"coredump-restart", Action::kCoredumpRestart},
      {"coredump_and_restart", Action::kCoredumpRestart},
  };
  const auto found = kActions.find(text);
  if (found == kActions.end()) throw Error(fmt::format("Invalid event handling mode: {}", event));
  return found->second;
}

void read_actions(const sxp::Value& config, DomainConfig& domain) {
  if (const auto restart = sxp::child_text(config, "restart")) {  // deprecated; stands for all three
    if (*restart == "always")
      domain.on_poweroff = Action::kRestart;
    else if (*restart == "never")
      domain.on_reboot = domain.on_crash = Action::kDestroy;
    else if (*restart == "onreboot")
      domain.on_crash = Action::kDestroy;
  }
  if (auto a = sxp::child_text(config, "on_poweroff")) domain.on_poweroff = parse_action(*a, "shutdown");
  if (auto a = sxp::child_text(config, "on_reboot")) domain.on_reboot = parse_action(*a, "reboot");
  if (auto a = sxp::child_text(config, "on_crash")) domain.on_crash = parse_action(*a, "crash");
  if (auto a = sxp::child_text(config, "on_watchdog")) domain.on_watchdog = parse_action(*a, "watchdog");
}

void read_memory(const sxp::Value& config, DomainConfig& domain) {
  const auto memory = number(config, "memory", 0, kMaxMiB);
  const auto maximum = number(config, "maxmem", 0, kMaxMiB);
  domain.memory.value = static_cast<std::uint64_t>(memory.value_or(0));
  domain.maxmem.value = static_cast<std::uint64_t>(maximum.value_or(static_cast<std::int64_t>(domain.memory.value)));
  if (domain.maxmem.value == 0 && domain.memory.value > 0) domain.maxmem = domain.memory;
  domain.shadow_memory.value = static_cast<std::uint64_t>(number(config, "shadow_memory", 0, kMaxMiB).value_or(0));
  if (domain.memory.value == 0) throw Error("memory_dynamic_max must be greater than zero");
  if (domain.memory > domain.maxmem) throw Error("memory_dynamic_max must be less than or equal to memory_static_max");
}

std::vector<unsigned> cpus_of_item(const sxp::Value& item) {
  if (item.is_list()) {
    std::vector<unsigned> cpus;
    for (const auto& cpu : item.as_list()) {
      const auto n = parse_int(cpu.text());
      if (!n || *n < 0 || *n > 4095) throw Error(fmt::format("cpus: '{}' is not the number of a CPU", cpu.text()));
      cpus.push_back(static_cast<unsigned>(*n));
    }
    return cpus;
  }
  const auto cpus = parse_cpu_list(item.text());
  if (!cpus) throw Error(fmt::format("cpus = {}: not a list of CPUs such as 0-3,^1", item.text()));
  return *cpus;
}

// `cpus` is one text for all vcpus, or a list with one item per vcpu (spec protocols 7.1).
void read_cpus(const sxp::Value& config, DomainConfig& domain) {
  domain.cpus.assign(domain.vcpus, {});
  const auto* value = sxp::child_value(config, "cpus");
  if (value && value->is_list()) {
    const auto& items = value->as_list();
    if (items.empty()) return;
    if (items.size() != domain.vcpus) throw Error("vcpus and the item number of cpus are not same");
    for (unsigned i = 0; i < domain.vcpus; ++i) domain.cpus[i] = cpus_of_item(items[i]);
  } else if (value && !value->text().empty()) {
    domain.cpus.assign(domain.vcpus, cpus_of_item(*value));
  }
}

void read_vcpus(const sxp::Value& config, const sxp::Value* image, DomainConfig& domain) {
  auto vcpus = number(config, "vcpus", 1, 8192);
  if (image)
    if (auto n = number(*image, "vcpus", 1, 8192)) vcpus = n;
  domain.vcpus = static_cast<unsigned>(vcpus.value_or(1));
  // A mask of none of them would be a guest that never starts. All ones are -1 for writers that know a sign.
  const std::uint64_t all = domain.vcpus >= 63 ? ~0ull >> 1 : (1ull << domain.vcpus) - 1;
  const auto mask = static_cast<std::uint64_t>(number(config, "vcpu_avail", INT64_MIN, INT64_MAX).value_or(-1));
  if ((mask & all) != 0) domain.vcpu_avail = mask;
  read_cpus(config, domain);
  domain.cpu_weight = static_cast<std::uint16_t>(number(config, "cpu_weight", 0, 65535).value_or(256));
  domain.cpu_cap = static_cast<std::uint16_t>(number(config, "cpu_cap", 0, 65535).value_or(0));
  if (domain.cpu_weight == 0) throw Error("Cpu weight out of range, valid values are within range from 1 to 65535");
  if (domain.cpu_cap > 100 * domain.vcpus)
    throw Error(fmt::format("Cpu cap out of range, valid range is from 0 to {} for specified number of vcpus",
                            100 * domain.vcpus));
}

xc::GuestType guest_type(const ImageConfig& image) {
  if (const auto type = image.platform_value("type")) {
    if (const auto known = xc::parse_guest_type(*type)) return *known;
    throw Error(fmt::format("type = '{}' is not a type of guest: pv, pvh or hvm are.", *type));
  }
  return image.platform_value("boot") || image.head == "hvm" ? xc::GuestType::kHvm : xc::GuestType::kPv;
}

// At the top level, and again in the image of an HVM guest: the first counts.
void read_cpuid(const sxp::Value& config, const sxp::Value* image, DomainConfig& domain) {
  const auto find = [&](const char* key) {
    const sxp::Value* value = sxp::child_value(config, key);
    return value == nullptr && image != nullptr ? sxp::child_value(*image, key) : value;
  };
  if (const sxp::Value* value = find("cpuid")) domain.cpuid = parse_cpuid(*value);
  if (const sxp::Value* check = find("cpuid_check"); check != nullptr && *check != sxp::Value(sxp::List()))
    XEND_LOG(Warning, "cpuid_check of {} is ignored: Xen compares processors itself when a domain is restored.",
             domain.name);
}

}  // namespace

std::string to_string(Action action) {
  switch (action) {
    case Action::kDestroy:
      return "destroy";
    case Action::kRestart:
      return "restart";
    case Action::kPreserve:
      return "preserve";
    case Action::kRenameRestart:
      return "rename-restart";
    case Action::kCoredumpDestroy:
      return "coredump-destroy";
    case Action::kCoredumpRestart:
      return "coredump-restart";
  }
  return "destroy";
}

void check_name(const std::string& name) {
  if (name.empty()) throw Error("Missing VM Name");
  const auto allowed = [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
           std::string_view("_-.:+").find(c) != std::string_view::npos;
  };
  if (!std::all_of(name.begin(), name.end(), allowed) || name.size() > 255) throw Error("Invalid VM Name");
}

std::optional<std::vector<unsigned>> parse_cpu_list(const std::string& text) {
  std::vector<unsigned> cpus;
  std::size_t at = 0;
  while (at <= text.size()) {
    const auto comma = std::min(text.find(',', at), text.size());
    auto item = std::string_view(text).substr(at, comma - at);
    at = comma + 1;
    const bool leave_out = item.find('^') != std::string_view::npos;
    if (leave_out) item.remove_prefix(item.find('^') + 1);
    const auto dash = item.find('-');
    const auto low = parse_int(item.substr(0, dash));
    const auto high = dash == std::string_view::npos ? low : parse_int(item.substr(dash + 1));
    if (!low || !high || *low < 0 || *high > 4095) return std::nullopt;
    for (auto n = *low; n <= *high; ++n) {
      const auto cpu = static_cast<unsigned>(n);
      const auto found = std::find(cpus.begin(), cpus.end(), cpu);
      if (leave_out && found != cpus.end()) cpus.erase(found);
      if (!leave_out && found == cpus.end()) cpus.push_back(cpu);
    }
  }
  return cpus;
}

DomainConfig DomainConfig::parse(const sxp::Value& config) {
  DomainConfig domain;
  domain.name = sxp::child_text(config, "name").value_or("Domain-Unnamed");
  check_name(domain.name);
  if (const auto text = sxp::child_text(config, "uuid"); text && !text->empty()) {
    const auto uuid = xc::Uuid::parse(*text);
    if (!uuid)
      throw Error(fmt::format("uuid = '{}' of {} is not a UUID: 32 hexadecimal digits are.", *text, domain.name));
    domain.uuid = *uuid;
  } else {
    domain.uuid = xc::Uuid::random();
  }
  const auto* image = sxp::child_value(config, "image");
  if (image) domain.image = parse_image(*image);
  for (const char* key : {"tsc_mode", "nomigrate", "localtime"})  // the client writes these at the top level
    if (!domain.image.platform_value(key))
      if (const auto value = sxp::child_text(config, key)) domain.image.platform.emplace_back(key, *value);
  domain.type = guest_type(domain.image);
  complete_image(domain.image, domain.type);
  read_memory(config, domain);
  read_vcpus(config, image, domain);
  read_actions(config, domain);
  read_cpuid(config, image, domain);
  const auto take = [&](const char* key, std::string& member) {
    if (auto text = sxp::child_text(config, key)) member = *text;
  };
  take("pool_name", domain.pool_name);
  take("on_xend_start", domain.on_xend_start);
  take("on_xend_stop", domain.on_xend_stop);
  take("bootloader", domain.bootloader);
  take("bootloader_args", domain.bootloader_args);
  take("features", domain.features);
  take("description", domain.description);
  domain.security_label = parse_security_label(config);
  for (const auto* device : sxp::children_named(config, "device"))
    for (const auto& element : sxp::children(*device)) domain.device_elements.push_back(element);
  return domain;
}

bool DomainConfig::nomigrate() const {
  return parse_int(image.platform_value("nomigrate").value_or("0")).value_or(0) != 0;
}

unsigned DomainConfig::available_vcpus() const {
  unsigned available = 0;
  for (unsigned vcpu = 0; vcpu < vcpus; ++vcpu) available += vcpu_available(vcpu) ? 1 : 0;
  return std::max(available, 1U);
}

unsigned DomainConfig::tsc_mode() const {
  return static_cast<unsigned>(parse_int(image.platform_value("tsc_mode").value_or("0")).value_or(0));
}

}  // namespace xend
