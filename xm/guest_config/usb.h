// One entry of `vusb`: a USB controller that the guest is given (spec guest-config 5.7).
#pragma once

#include <string>

#include "sxp/value.h"

namespace xm::guest_config {

// `(vusb (usb-ver 2) (num-ports 8) (port (1 '') ...))`. Throws xm::Error (class DIE) for numbers out of range.
sxp::Value usb_config(const std::string& entry);

}  // namespace xm::guest_config
