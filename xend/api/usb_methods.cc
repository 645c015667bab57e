// xend.domain.usb_add, usb_del: USB devices for HVM guests (spec protocols 3.4).
#include "xend/domain/usb_changes.h"

#include "xend/api/method.h"

namespace xend {

namespace {

rpc::Value usb_add(const Call& call) {
  add_usb_device(call.host, domain_arg(call), text_arg(call, 1));
  return {};
}

rpc::Value usb_del(const Call& call) {
  remove_usb_device(call.host, domain_arg(call), text_arg(call, 1));
  return {};
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
