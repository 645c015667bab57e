#include "xend/node/pci.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "xend/error.h"
#include "xend/log.h"

namespace xend {

namespace fs = std::filesystem;

namespace {

constexpr std::array<const char*, 2> kDrivers = {"pciback", "pci-stub"};
constexpr unsigned kResources = 7;  // six base addresses and the ROM; the windows of bridges come after them
// In the third number of a line of `resource`.
constexpr std::uint64_t kIsPorts = 0x100, kIsMemory = 0x200;
constexpr unsigned kFrameBits = 12;

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
  const fs::path folder = folder_of(device);
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

std::string PciHost::folder_of(const PciAddress& device) const {
  return (fs::path(sysfs_) / "bus/pci/devices" / device.text()).string();
}

std::string PciHost::driver(const PciAddress& device) const {
  for (const char* driver : kDrivers) {
    std::error_code none;
    if (fs::exists(fs::path(sysfs_) / "bus/pci/drivers" / driver / device.text(), none)) return driver;
  }
  std::error_code none;
  return fs::read_symlink(fs::path(folder_of(device)) / "driver", none).filename().string();
}

PciResources PciHost::resources(const PciAddress& device) const {
  const std::string path = folder_of(device) + "/resource";
  std::ifstream file(path);
  if (!file) throw Error(fmt::format("pci: failed to locate device and parse its resources - {} cannot be read", path));
  PciResources found;
  std::string line;
  for (unsigned i = 0; i < kResources && std::getline(file, line); ++i) {
    std::uint64_t first = 0, last = 0, flags = 0;
    if (!(std::istringstream(line) >> std::hex >> first >> last >> flags) || last < first)
      throw Error(
          fmt::format("pci: failed to locate device and parse its resources - {} has a line \"{}\"", path, line));
    if ((flags & kIsPorts) != 0) {
      found.ports.push_back({first, last - first + 1});
    } else if ((flags & kIsMemory) != 0 && first != 0) {
      found.frames.push_back({first >> kFrameBits, (last >> kFrameBits) - (first >> kFrameBits) + 1});
    }
  }
  std::ifstream(folder_of(device) + "/irq") >> found.interrupt;
  return found;
}

void PciHost::reset(const PciAddress& device) const noexcept {
  try {
    const std::string path = folder_of(device) + "/reset";
    if (!fs::exists(path)) {
      XEND_LOG(Debug, "PCI device {} is not reset: the kernel knows no way to.", device.text());
      return;
    }
    std::ofstream file(path);
    if (file << "1" << std::flush)
      XEND_LOG(Debug, "PCI device {} reset.", device.text());
    else
      XEND_LOG(Warning, "PCI device {} could not be reset by {}: it may still do what its last guest told it.",
               device.text(), path);
  } catch (const std::exception& e) {
    XEND_LOG(Warning, "PCI device {} could not be reset: {}", device.text(), e.what());
  }
}

}  // namespace xend
