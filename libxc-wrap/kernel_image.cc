#include "libxc-wrap/kernel_image.h"

#include <cstdio>

extern "C" {
#include <xenctrl.h>
#include <xenguest.h>
}

namespace xc {

void detail::ReleaseImage::operator()(xc_dom_image* image) const {
  xc_dom_release(image);
}

KernelImage::KernelImage(const std::string& path, GuestType type) : offline_(Handle::Kind::kOffline) {
  xc_interface* const xch = offline_.get();
  offline_.check(xc_dom_loginit(xch), "xc_dom_loginit");
  image_.reset(xc_dom_allocate(xch, nullptr, nullptr));
  if (!image_) offline_.fail("xc_dom_allocate", ENOMEM);
  image_->container_type =
      type == GuestType::kPv ? xc_dom_image::XC_DOM_PV_CONTAINER : xc_dom_image::XC_DOM_HVM_CONTAINER;
  // What the hypervisor would say of itself; without it every kernel is "not supported by xen kernel".
  std::snprintf(image_->xen_caps, sizeof image_->xen_caps, "%s",
                "xen-3.0-x86_64 xen-3.0-x86_32p hvm-3.0-x86_32 hvm-3.0-x86_32p hvm-3.0-x86_64 ");
  offline_.check(xc_dom_kernel_file(image_.get(), path.c_str()), ("xc_dom_kernel_file " + path).c_str());
  offline_.check(xc_dom_parse_image(image_.get()), ("xc_dom_parse_image " + path).c_str());
}

std::span<const std::byte> KernelImage::elf() const {
  return {static_cast<const std::byte*>(image_->kernel_blob), image_->kernel_size};
}

}  // namespace xc
