// USB devices of an emulated PC: one comes while the guest runs, or leaves it (spec xm-cli 2.7, usb-add and usb-del).
#pragma once

#include <memory>
#include <string>

#include "xend/domain/host.h"

namespace xend {

// `name` is that of build/usb_device.h. It stays with the domain, at its port, wherever that goes; a managed domain at
// rest has it from its next start on. Throws Error: not an HVM guest, one without USB or without a free port, a name
// that is not known, and what QEMU says. Nothing has changed then.
void add_usb_device(Host& host, const std::shared_ptr<Domain>& domain, const std::string& name);

// Throws Error as above, and when the guest has no such device.
void remove_usb_device(Host& host, const std::shared_ptr<Domain>& domain, const std::string& name);

}  // namespace xend
