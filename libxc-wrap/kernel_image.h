// A kernel file as the guest will see it: unpacked to the ELF file that a bzImage holds. Needs neither a domain nor
// Xen, and is most of the time that creating a guest takes (spec modern-xen 26.8): its result is worth keeping.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>

#include "libxc-wrap/handle.h"
#include "libxc-wrap/types.h"

struct xc_dom_image;

namespace xc {

namespace detail {
struct ReleaseImage {
  void operator()(xc_dom_image* image) const;
};
using ImageOwner = std::unique_ptr<xc_dom_image, ReleaseImage>;
}  // namespace detail

class KernelImage {
 public:
  // Reads and unpacks `path` (gzip, bzip2, lzma, xz, lzo, lz4, zstd or plain) for a guest of `type`. Throws Error: no
  // such file, not a kernel, damaged, no entry point for this type of guest. The file must not change while this object
  // lives.
  KernelImage(const std::string& path, GuestType type);

  // The ELF file; as long as this object lives.
  std::span<const std::byte> elf() const;

 private:
  Handle offline_;
  detail::ImageOwner image_;
};

}  // namespace xc
