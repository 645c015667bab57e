// Where a disk's data is: the `uname` of a disk (phy:DEVICE, file:PATH, tap:aio:PATH, TYPE:ANYTHING) taken apart.
// Spec protocols 7.5, guest-config 5.1, modern-xen 16.
#pragma once

#include <string>
#include <string_view>

namespace xend {

struct DiskSource {
  std::string type;    // "phy", "file", "qdisk", or the TYPE that a script block-TYPE serves; empty: no medium
  std::string params;  // absolute path for phy and file, FORMAT:PATH for qdisk; what follows the colon for other types
  std::string format{};  // of a qdisk: "qcow2", "vhd" ... as QEMU calls it

  bool empty() const { return type.empty(); }
  bool is_path() const { return type == "phy" || type == "file"; }
  bool by_qemu() const { return type == "qdisk"; }  // served by the domain's device model, not by the kernel
  // Of the image in dom0, for those that have one; "" for others.
  std::string path() const;
};

// Raw images of tap and tap2 are files, others qdisks: blktap is gone from Linux. An empty `uname` is a drive without a
// medium. Throws Error for a uname without a type, and for a path that cannot be made absolute.
DiskSource parse_disk_source(std::string_view uname);

// The uname of a running disk of a device type (vbd, tap, tap2), from what its backend has as `type` and `params`.
std::string disk_uname(std::string_view device_type, std::string_view type, std::string_view params);

// Throws Error when `source` is a path and no image or block device is there.
void check_disk_source(const DiskSource& source);

}  // namespace xend
