#include "xm/pci_address.h"

#include <algorithm>
#include <charconv>
#include <climits>

#include <fmt/format.h>

namespace xm {
namespace {

std::optional<unsigned> hex(std::string_view text, std::size_t digits) {
  unsigned value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
  if (text.size() > digits || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

std::string PciAddress::text() const {
  return fmt::format("{:04x}:{:02x}:{:02x}.{:01x}", domain, bus, slot, function);
}

std::optional<PciAddress> PciAddress::parse(std::string text) {
  const std::size_t dot = text.find_last_of(".,");
  if (dot == std::string::npos) return std::nullopt;
  std::replace(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(dot), ',', ':');
  const std::string_view all = text;
  const std::size_t colon = all.rfind(':', dot);
  if (colon == std::string_view::npos) return std::nullopt;
  const std::string_view front = all.substr(0, colon);
  const std::size_t first = front.find(':');
  const auto domain = first == std::string_view::npos ? std::optional(0u) : hex(front.substr(0, first), 4);
  const auto bus = hex(first == std::string_view::npos ? front : front.substr(first + 1), 2);
  const auto slot = hex(all.substr(colon + 1, dot - colon - 1), 2);
  const auto function = hex(all.substr(dot + 1), 1);
  if (!domain || !bus || !slot || *slot > 0x1f || !function || *function > 7) return std::nullopt;
  return PciAddress{*domain, *bus, *slot, *function};
}

std::optional<PciAddress> PciAddress::of(const rpc::Value& device) {
  const auto domain = pci_number(device.member("domain")), bus = pci_number(device.member("bus"));
  const auto slot = pci_number(device.member("slot")), function = pci_number(device.member("func"));
  if (!domain || !bus || !slot || !function) return std::nullopt;
  return PciAddress{*domain, *bus, *slot, *function};
}

std::optional<unsigned> pci_number(const rpc::Value* value) {
  if (value == nullptr) return std::nullopt;
  if (value->is_int())
    return value->as_int() < 0 || value->as_int() > INT_MAX ? std::nullopt
                                                            : std::optional(static_cast<unsigned>(value->as_int()));
  if (!value->is_string()) return std::nullopt;
  std::string_view text = value->as_string();
  if (text.starts_with("0x")) text.remove_prefix(2);
  return hex(text, 7);
}

}  // namespace xm
