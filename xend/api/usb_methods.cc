// xend.domain.usb_add, usb_del: USB devices of the host for HVM guests (spec protocols 3.4).

#include "xend/api/method.h"
#include "xend/error.h"

namespace xend {

namespace {

// What has always been refused is refused in the old words; a device model of today is not asked yet, and that is said.
rpc::Value usb_add(const Call& call) {
  const auto config = domain_arg(call)->state().config;
  if (config.type != xc::GuestType::kHvm) throw Error("Can't add usb device to a non-hvm guest");
  if (config.image.platform_number("usb", 0) == 0)
    throw Error("Can't add usb device to a guest with usb disabled in configure file");
  throw Error(
      "USB devices cannot be added to a running guest in this release: name them in its file, usbdevice = "
      "'host:BUS.ADDRESS'.");
}

rpc::Value usb_del(const Call& call) {
  if (domain_arg(call)->state().config.type != xc::GuestType::kHvm) throw Error("Can't del usb to a non-hvm guest");
  throw Error("USB devices cannot be taken away from a running guest in this release.");
}

constexpr Method kMethods[] = {
    {"usb_add", 2, 2, usb_add},
    {"usb_del", 2, 2, usb_del},
};

}  // namespace

std::span<const Method> usb_methods() {
  return kMethods;
}

}  // namespace xend
