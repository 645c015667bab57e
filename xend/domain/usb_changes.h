// USB devices of an emulated PC: one comes while the guest runs, or leaves it (spec xm-cli, usb-add and usb-del).
#pragma once

#include <memory>
#include <string>

#include "xend/domain/host.h"

namespace xend {

// `name` is that of build/usb_device.h. A managed domain at rest has it from its next start on. Throws Error: not an
// HVM guest, one without USB, a name that is not known, and what QEMU says.
void add_usb_device(Host& host, const std::shared_ptr<Domain>& domain, const std::string& name);

// Throws Error as above, and when the guest has no such device.
void remove_usb_device(Host& host, const std::shared_ptr<Domain>& domain, const std::string& name);

}  // namespace xend
