// The host's PCI devices as dom0's sysfs shows them: which can be given to guests, because pciback or pci-stub holds
// them (spec modern-xen 20).
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace xend {

struct PciAddress {
  unsigned domain = 0, bus = 0, slot = 0, function = 0;

  // As Xen numbers devices: segment << 16 | bus << 8 | slot << 3 | function.
  std::uint32_t number() const { return domain << 16 | bus << 8 | slot << 3 | function; }

  // "0000:02:00.0"
  std::string text() const;
  // [DDDD:]BB:SS.F in hexadecimal; nothing for other text.
  static std::optional<PciAddress> parse(std::string_view text);

  auto operator<=>(const PciAddress&) const = default;
};

// What a device occupies of the host.
struct PciResources {
  struct Range {
    std::uint64_t first = 0, count = 0;
    auto operator<=>(const Range&) const = default;
  };
  std::vector<Range> frames;  // of memory, of 4 KiB
  std::vector<Range> ports;
  int interrupt = 0;  // 0: none
};

class PciHost {
 public:
  explicit PciHost(std::string sysfs = "/sys") : sysfs_(std::move(sysfs)) {}

  // The devices that can be given to guests, by address, those that guests have already included; nothing when neither
  // driver is loaded.
  std::optional<std::vector<PciAddress>> assignable() const;

  // Throws Error unless the device exists and is assignable (spec domain-lifecycle 4.2, step 8).
  void check(const PciAddress& device) const;

  // The driver that holds the device: "pciback", "e1000e", ...; "" for none.
  std::string driver(const PciAddress& device) const;

  // Throws Error when sysfs does not tell.
  PciResources resources(const PciAddress& device) const;

  // Has the kernel reset the device, if it knows how. Best effort: what fails is logged.
  void reset(const PciAddress& device) const noexcept;

 private:
  std::string folder_of(const PciAddress& device) const;

  std::string sysfs_;
};

}  // namespace xend
