// From the settings of a guest to the configuration that xend takes: `(vm (name ...) ...)`, in the order and shape of
// spec guest-config 6.
#pragma once

#include "sxp/value.h"
#include "xm/guest_config/host.h"
#include "xm/guest_config/variables.h"

namespace xm::guest_config {

// The whole configuration. Throws xm::Error (class DIE) for a value that is no good.
sxp::Value vm_config(const Settings& settings, const Host& host);

// `(image (linux (kernel ...) ...))`.
sxp::Value image_config(const Settings& settings, const Host& host);

// The kind of image: "linux", "hvm", or what the file calls it. pvh is a linux image with `(type pvh)` in it.
std::string image_kind(const Settings& settings);

// The `(device ...)` elements, in order.
sxp::List device_configs(const Settings& settings, const Host& host);

}  // namespace xm::guest_config
