#include "xm/guest_config/pci.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "xm/error.h"
#include "xm/guest_config/fields.h"
#include "xm/guest_config/pci_functions.h"
#include "xm/units.h"

namespace xm::guest_config {
namespace {

constexpr std::uint64_t kNoSlotAsked = 0x100;
constexpr std::string_view kHexDigits = "0123456789abcdefABCDEF";

sxp::Value pair(std::string_view name, sxp::Value value) {
  return sxp::Value::list({name, std::move(value)});
}

[[noreturn]] void cannot_parse(const std::string& entry) {
  throw Error::die(fmt::format("Failed to parse pci device: {}", entry));
}

// Takes a number of up to `digits` digits and one of the `separators` after it from the front of `text`; nothing is
// taken when they are not there.
std::optional<std::uint64_t> take_number(std::string_view& text, std::size_t digits, std::string_view separators) {
  const std::size_t end = std::min(text.find_first_not_of(kHexDigits), text.size());
  if (end == 0 || end > digits || end == text.size() || separators.find(text[end]) == std::string_view::npos) {
    return std::nullopt;
  }
  const auto number = parse_hex(text.substr(0, end));
  text.remove_prefix(end + 1);
  return number;
}

struct Address {
  std::uint64_t domain = 0, bus = 0, slot = 0;
};

// [DOMAIN:]BUS:SLOT. from the front of `text`.
std::optional<Address> take_address(std::string_view& text) {
  for (const bool has_domain : {true, false}) {
    std::string_view rest = text;
    const auto domain = has_domain ? take_number(rest, 4, ":,") : 0;
    const auto bus = take_number(rest, 2, ":,");
    const auto slot = bus ? take_number(rest, 2, ".,") : std::nullopt;
    if (!domain || !bus || !slot) continue;
    text = rest;
    return Address{*domain, *bus, *slot};
  }
  return std::nullopt;
}

// The functions up to an `@`, or to the comma that a word with a letter follows.
std::string take_functions(std::string_view& text) {
  std::size_t end = std::min(text.find_first_not_of("0123456789*,=-"), text.size());
  if (end < text.size() && text[end] != '@') end = text.substr(0, end).rfind(',');  // within the first option
  if (end == std::string_view::npos) end = std::min(text.find(','), text.size());
  std::string functions(strip(text.substr(0, end)));
  text.remove_prefix(end);
  return functions;
}

sxp::List parse_options(std::string_view text) {
  constexpr std::string_view kKnown[] = {"msitranslate", "power_mgmt"};
  constexpr std::string_view kXl[] = {"permissive", "seize", "rdm_policy", "name"};  // accepted: spec 10
  constexpr std::string_view kValues[] = {"0", "1", "yes", "no"};
  sxp::List options;
  for (const std::string& field : split(text, ',')) {
    const std::size_t equals = field.find('=');
    const std::string key(strip(std::string_view(field).substr(0, equals)));
    const std::string value(equals == std::string::npos ? "" : strip(std::string_view(field).substr(equals + 1)));
    const bool known =
        std::ranges::find(kKnown, key) != std::end(kKnown) && std::ranges::find(kValues, value) != std::end(kValues);
    if (!known && std::ranges::find(kXl, key) == std::end(kXl)) {
      throw Error::die(fmt::format("Invalid pci option {}={}: ", key, value));
    }
    options.push_back(pair(key, value));
  }
  return options;
}

std::uint64_t take_virtual_slot(std::string_view& text, const std::string& entry) {
  text.remove_prefix(1);
  const std::size_t end = std::min(text.find(','), text.size());
  const std::string_view digits = strip(text.substr(0, end));
  const auto slot = digits.empty() || digits.size() > 2 ? std::nullopt : parse_hex(digits);
  if (!slot) cannot_parse(entry);
  text.remove_prefix(end);
  return *slot;
}

void parse_entry(std::vector<PciDevice>& devices, const std::string& entry, const Host& host) {
  std::string_view rest = strip(entry);
  const auto address = take_address(rest);
  if (!address) cannot_parse(entry);
  const std::string functions = take_functions(rest);
  if (functions.empty()) cannot_parse(entry);
  std::optional<std::uint64_t> slot;
  if (rest.starts_with('@')) slot = take_virtual_slot(rest, entry);
  if (!rest.empty() && rest[0] != ',') cannot_parse(entry);
  const sxp::List options = rest.empty() ? sxp::List() : parse_options(rest.substr(1));

  const auto exists = [&](unsigned function) {
    return host.exists(fmt::format("/sys/bus/pci/devices/{:04x}:{:02x}:{:02x}.{:x}", address->domain, address->bus,
                                   address->slot, function));
  };
  for (const PciFunction& function : parse_pci_functions(functions, entry, exists)) {
    const std::uint64_t where = slot ? *slot * 8 : kNoSlotAsked;
    devices.push_back({.domain = fmt::format("{:#06x}", address->domain),
                       .bus = fmt::format("{:#04x}", address->bus),
                       .slot = fmt::format("{:#04x}", address->slot),
                       .function = fmt::format("{:#x}", function.physical),
                       .vdevfn = fmt::format("{:#x}", where + function.virtual_),
                       .key = entry.substr(0, entry.find(',')),
                       .options = options});
  }
}

}  // namespace

std::optional<std::uint64_t> parse_hex(std::string_view text) {
  text = strip(text);
  if (text.starts_with("0x") || text.starts_with("0X")) text.remove_prefix(2);
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::vector<PciDevice> parse_pci(const std::vector<std::string>& entries, const Host& host) {
  std::vector<PciDevice> devices;
  for (const std::string& entry : entries) parse_entry(devices, entry, host);
  return devices;
}

sxp::Value pci_config(const std::vector<PciDevice>& devices) {
  sxp::List pci = {"pci"};
  for (const PciDevice& device : devices) {
    sxp::List dev = {"dev",
                     pair("slot", device.slot),
                     pair("domain", device.domain),
                     pair("key", device.key),
                     pair("bus", device.bus),
                     pair("vdevfn", device.vdevfn),
                     pair("func", device.function)};
    for (const sxp::Value& option : device.options) dev.push_back(pair("opts", option));
    pci.emplace_back(std::move(dev));
  }
  return pci;
}

sxp::Value pci_tuples(const std::vector<PciDevice>& devices) {
  sxp::List tuples;
  for (const PciDevice& device : devices) {
    tuples.push_back(sxp::Value::list(
        {device.domain, device.bus, device.slot, device.function, device.vdevfn, device.options, device.key}));
  }
  return tuples;
}

}  // namespace xm::guest_config
