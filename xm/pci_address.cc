#include "xm/pci_address.h"

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
