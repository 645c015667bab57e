// Where a disk's data is: the `uname` of a disk (phy:DEVICE, file:PATH, tap:aio:PATH, TYPE:ANYTHING) taken apart.
// Spec protocols 7.5, guest-config 5.1, modern-xen 16.
#pragma once

#include <string>
#include <string_view>

namespace xend {

struct DiskSource {
  std::string type;    // "phy", "file", or the TYPE that a script block-TYPE serves; empty: no medium
  std::string params;  // absolute path for phy and file; what follows the colon for other types

  bool empty() const { return type.empty(); }
  bool is_path() const { return type == "phy" || type == "file"; }
};

// Raw images of tap and tap2 are files. An empty `uname` is a drive without a medium. Throws Error for a uname without
// a type, a path that cannot be made absolute, and images of tap that are not raw.
DiskSource parse_disk_source(std::string_view uname);

// Throws Error when `source` is a path and no image or block device is there.
void check_disk_source(const DiskSource& source);

}  // namespace xend
