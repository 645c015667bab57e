#include "xend/node/pci.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <filesystem>

#include "xend/error.h"

namespace xend {

namespace fs = std::filesystem;

namespace {

constexpr std::array<const char*, 2> kDrivers = {"pciback", "pci-stub"};

// A field of `digits` hexadecimal digits at most; nothing when there are none or more.
std::optional<unsigned> field(std::string_view text, std::size_t digits) {
  unsigned value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
  if (text.size() > digits || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

std::string PciAddress::text() const {
  return fmt::format("{:04x}:{:02x}:{:02x}.{:x}", domain, bus, slot, function);
}

std::optional<PciAddress> PciAddress::parse(std::string_view text) {
  const auto dot = text.rfind('.');
  const auto last = text.rfind(':', dot);
  if (dot == std::string_view::npos || last == std::string_view::npos) return std::nullopt;
  const auto before = text.substr(0, last);
  const auto first = before.rfind(':');
  const auto domain = first == std::string_view::npos ? std::optional(0u) : field(before.substr(0, first), 4);
  const auto bus = field(first == std::string_view::npos ? before : before.substr(first + 1), 2);
  const auto slot = field(text.substr(last + 1, dot - last - 1), 2);
  const auto function = field(text.substr(dot + 1), 1);
  if (!domain || !bus || !slot || *slot > 0x1f || !function || *function > 7) return std::nullopt;
  return PciAddress{*domain, *bus, *slot, *function};
}

std::optional<std::vector<PciAddress>> PciHost::assignable() const {
  std::optional<std::vector<PciAddress>> found;
  for (const char* driver : kDrivers) {
    const fs::path folder = fs::path(sysfs_) / "bus/pci/drivers" / driver;
    std::error_code none;
    if (!fs::is_directory(folder, none)) continue;
    if (!found) found.emplace();
    for (const auto& entry : fs::directory_iterator(folder, none)) {
      if (const auto address = PciAddress::parse(entry.path().filename().string())) found->push_back(*address);
    }
  }
  if (found) std::sort(found->begin(), found->end());
  return found;
}

void PciHost::check(const PciAddress& device) const {
  const fs::path folder = fs::path(sysfs_) / "bus/pci/devices" / device.text();
  std::error_code none;
  if (!fs::exists(folder / "resource", none)) {
    throw Error(fmt::format("pci: failed to locate device and parse its resources - {} does not exist",
                            (folder / "resource").string()));
  }
  const auto known = assignable();
  if (known && std::binary_search(known->begin(), known->end(), device)) return;
  throw Error(
      fmt::format("pci: PCI Backend and pci-stub don't own device {}\nHand it over first: `xl pci-assignable-add {}`, "
                  "or xen-pciback.hide=({}) on dom0's command line.",
                  device.text(), device.text(), device.text()));
}

}  // namespace xend
