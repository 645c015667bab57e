#include "xend/devices/disk_name.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "xend/error.h"

namespace xend {
namespace {

constexpr unsigned kExtendedBit = 1U << 28;
constexpr unsigned kLargestNumber = 2 * kExtendedBit - 1;
constexpr unsigned kXvdMajor = 202;
constexpr std::array<unsigned, 16> kSdMajors{8, 65, 66, 67, 68, 69, 70, 71, 128, 129, 130, 131, 132, 133, 134, 135};
constexpr std::array<unsigned, 10> kHdMajors{3, 22, 33, 34, 56, 57, 88, 89, 90, 91};

// All of `text` as a number of the base.
std::optional<unsigned> parse_number(std::string_view text, int base) {
  unsigned value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

struct Place {
  unsigned disk = 0;       // a = 0, z = 25, aa = 26, az = 51
  unsigned partition = 0;  // 0: the whole disk
};

// What follows "xvd", "sd" or "hd": one or two letters and a partition without leading zeros, if any.
std::optional<Place> parse_place(std::string_view text) {
  const auto digits = std::find_if_not(text.begin(), text.end(), [](char c) { return c >= 'a' && c <= 'z'; });
  const auto letters = static_cast<std::size_t>(digits - text.begin());
  if (letters < 1 || letters > 2) return std::nullopt;

  Place place;
  place.disk = static_cast<unsigned>(text[letters - 1] - 'a');
  if (letters == 2) place.disk += 26 * static_cast<unsigned>(text[0] - 'a' + 1);

  const std::string_view partition = text.substr(letters);
  if (partition.empty()) return place;
  const auto parsed = parse_number(partition, 10);
  if (!parsed || (partition.size() > 1 && partition.front() == '0')) return std::nullopt;
  place.partition = *parsed;
  return place;
}

std::optional<unsigned> xvd_number(const Place& at) {
  constexpr unsigned kClassicDisks = 16, kExtendedDisks = 260;  // xvda..xvdp; up to xvdiz
  if (at.disk < kClassicDisks && at.partition < 16) return kXvdMajor << 8 | at.disk << 4 | at.partition;
  if (at.disk < kClassicDisks || at.disk >= kExtendedDisks || at.partition > 255) return std::nullopt;
  return kExtendedBit | at.disk << 8 | at.partition;
}

std::optional<unsigned> sd_number(const Place& at) {
  if (at.disk >= 16 * kSdMajors.size() || at.partition >= 16) return std::nullopt;
  return kSdMajors[at.disk / 16] << 8 | (at.disk % 16) << 4 | at.partition;
}

std::optional<unsigned> hd_number(const Place& at) {
  if (at.disk >= 2 * kHdMajors.size() || at.partition >= 64) return std::nullopt;
  return kHdMajors[at.disk / 2] << 8 | (at.disk % 2) << 6 | at.partition;
}

std::optional<unsigned> literal_number(std::string_view text) {
  const bool hex = text.starts_with("0x") || text.starts_with("0X");
  const auto number = hex ? parse_number(text.substr(2), 16) : parse_number(text, 10);
  if (!number || *number == 0 || *number > kLargestNumber) return std::nullopt;
  return number;
}

}  // namespace

DiskName parse_disk_name(std::string_view dev) {
  constexpr std::string_view kEmulated = "ioemu:";
  DiskName result;
  std::string_view rest = dev;
  if (rest.starts_with(kEmulated)) rest.remove_prefix(kEmulated.size());
  const auto colon = rest.find(':');
  result.name = rest.substr(0, colon);
  if (colon == std::string_view::npos) return result;

  const std::string_view kind = rest.substr(colon + 1);
  if (kind != "disk" && kind != "cdrom") {
    throw Error(fmt::format("Device type \"{}\" of {} is neither disk nor cdrom.", kind, dev));
  }
  result.cdrom = kind == "cdrom";
  return result;
}

std::optional<unsigned> disk_number(std::string_view name) {
  if (name.starts_with("/dev/")) name.remove_prefix(5);
  using Numbering = std::optional<unsigned> (*)(const Place&);
  constexpr std::array<std::pair<std::string_view, Numbering>, 3> kFamilies{
      {{"xvd", xvd_number}, {"sd", sd_number}, {"hd", hd_number}}};
  for (const auto& [prefix, numbering] : kFamilies) {
    if (!name.starts_with(prefix)) continue;
    const auto place = parse_place(name.substr(prefix.size()));
    return place ? numbering(*place) : std::nullopt;
  }
  return literal_number(name);
}

std::optional<EmulatedPlace> emulated_place(std::string_view name) {
  if (name.starts_with("/dev/")) name.remove_prefix(5);
  const bool scsi = name.starts_with("sd");
  if (!scsi && !name.starts_with("hd") && !name.starts_with("xvd")) return std::nullopt;
  const auto place = parse_place(name.substr(name.find('d') + 1));
  const unsigned places = scsi ? 7 : 4;
  if (!place || place->partition != 0 || place->disk >= places) return std::nullopt;
  return EmulatedPlace{scsi, place->disk};
}

bool is_extended_disk_number(unsigned number) {
  return number >= kExtendedBit;
}

}  // namespace xend
