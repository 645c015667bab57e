// The host's PCI devices as dom0's sysfs shows them: which can be given to guests, because pciback or pci-stub holds
// them (spec modern-xen 20).
#pragma once

#include <compare>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace xend {

struct PciAddress {
  unsigned domain = 0, bus = 0, slot = 0, function = 0;

  // "0000:02:00.0"
  std::string text() const;
  // [DDDD:]BB:SS.F in hexadecimal; nothing for other text.
  static std::optional<PciAddress> parse(std::string_view text);

  auto operator<=>(const PciAddress&) const = default;
};

class PciHost {
 public:
  explicit PciHost(std::string sysfs = "/sys") : sysfs_(std::move(sysfs)) {}

  // The devices that can be given to guests, by address, those that guests have already included; nothing when neither
  // driver is loaded.
  std::optional<std::vector<PciAddress>> assignable() const;

  // Throws Error unless the device exists and is assignable (spec domain-lifecycle 4.2, step 8).
  void check(const PciAddress& device) const;

 private:
  std::string sysfs_;
};

}  // namespace xend
