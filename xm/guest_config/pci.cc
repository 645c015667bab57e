#include "xm/guest_config/pci.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "xm/error.h"
#include "xm/guest_config/fields.h"
#include "xm/units.h"

namespace xm::guest_config {
namespace {

constexpr std::uint64_t kNoSlotAsked = 0x100;

sxp::Value pair(std::string_view name, sxp::Value value) {
  return sxp::Value::list({name, std::move(value)});
}

// At most `digits` hexadecimal digits.
std::uint64_t number(std::string_view text, std::size_t digits, const std::string& entry) {
  const auto value = text.size() <= digits ? parse_hex(text) : std::nullopt;
  if (!value) throw Error::die(fmt::format("Failed to parse pci device: {}", entry));
  return *value;
}

sxp::List options(const std::vector<std::string>& fields, std::size_t first) {
  constexpr std::string_view kKnown[] = {"msitranslate", "power_mgmt"};
  constexpr std::string_view kXl[] = {"permissive", "seize", "rdm_policy", "name"};  // accepted: spec 10
  constexpr std::string_view kValues[] = {"0", "1", "yes", "no"};
  sxp::List opts;
  for (std::size_t i = first; i < fields.size(); ++i) {
    const std::size_t equals = fields[i].find('=');
    const std::string key(strip(std::string_view(fields[i]).substr(0, equals)));
    const std::string value(equals == std::string::npos ? "" : strip(std::string_view(fields[i]).substr(equals + 1)));
    const bool known =
        std::ranges::find(kKnown, key) != std::end(kKnown) && std::ranges::find(kValues, value) != std::end(kValues);
    if (!known && std::ranges::find(kXl, key) == std::end(kXl)) {
      throw Error::die(fmt::format("Invalid pci option {}={}: ", key, value));
    }
    opts.push_back(pair("opts", pair(key, value)));
  }
  return opts;
}

sxp::Value device(const std::string& entry) {
  const std::vector<std::string> fields = split(entry, ',');
  const std::string& key = fields[0];
  const std::vector<std::string> at = split(strip(key), '@');
  const std::vector<std::string> parts = split(at[0], ':');
  const std::vector<std::string> slot_function = split(parts.back(), '.');
  if (at.size() > 2 || parts.size() < 2 || parts.size() > 3 || slot_function.size() != 2) {
    throw Error::die(fmt::format("Failed to parse pci device: {}", entry));
  }
  if (slot_function[1].find_first_of("*-=") != std::string::npos) {
    throw Error::die(
        fmt::format("{}: several functions in one pci entry are not available in this release yet", entry));
  }
  const std::uint64_t domain = parts.size() == 3 ? number(parts[0], 4, entry) : 0;
  const std::uint64_t bus = number(parts[parts.size() - 2], 2, entry);
  const std::uint64_t slot = number(slot_function[0], 2, entry);
  const std::uint64_t function = number(slot_function[1], 1, entry);
  if (function > 7) throw Error::die(fmt::format("Failed to parse pci device: {}", entry));
  // The only function of an entry is seen by the guest as function 0.
  const std::uint64_t vdevfn = at.size() == 2 ? number(at[1], 2, entry) * 8 : kNoSlotAsked;
  sxp::List dev = {"dev",
                   pair("slot", fmt::format("{:#04x}", slot)),
                   pair("domain", fmt::format("{:#06x}", domain)),
                   pair("key", key),
                   pair("bus", fmt::format("{:#04x}", bus)),
                   pair("vdevfn", fmt::format("{:#x}", vdevfn)),
                   pair("func", fmt::format("{:#x}", function))};
  for (sxp::Value& option : options(fields, 1)) dev.push_back(std::move(option));
  return dev;
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

sxp::Value pci_config(const std::vector<std::string>& entries) {
  sxp::List pci = {"pci"};
  for (const std::string& entry : entries) pci.push_back(device(entry));
  return pci;
}

}  // namespace xm::guest_config
