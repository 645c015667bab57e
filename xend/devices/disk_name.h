// What a guest calls its disk (`dev` of a disk: "xvda1", "/dev/sda", "ioemu:hda:cdrom", "0x301") and the device number
// that xenstore knows it by. Spec domain-lifecycle 9.2.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace xend {

struct DiskName {
  std::string name;    // without prefix and suffix: "xvda1", "/dev/sda"
  bool cdrom = false;  // suffix :cdrom
};

// Takes `dev` apart. Throws Error for a suffix other than :disk and :cdrom.
DiskName parse_disk_name(std::string_view dev);

// The device number of a name without prefix and suffix; nothing when there is none.
std::optional<unsigned> disk_number(std::string_view name);

// Where a PC's firmware finds a disk of that name, given as in parse_disk_name's result.
struct EmulatedPlace {
  bool scsi = false;  // otherwise IDE
  unsigned unit = 0;
};

// hda to hdd and xvda to xvdd are the four IDE drives, sda to sdg are SCSI disks 0 to 6. Nothing for all others and
// for partitions.
std::optional<EmulatedPlace> emulated_place(std::string_view name);

// True for the numbers of disks and partitions that do not fit the classic 16 bits: the frontend's key for them is
// virtual-device-ext instead of virtual-device.
bool is_extended_disk_number(unsigned number);

}  // namespace xend
