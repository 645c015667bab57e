// One entry of `disk`: the classic UNAME,DEV,MODE[,BACKEND[,PROTOCOL]] and the two forms of xl, which are found in the
// same files (spec guest-config 5.1, 10).
#pragma once

#include <string>

#include "sxp/value.h"

namespace xm::guest_config {

// `(vbd (uname ...) (dev ...) (mode ...))`; tap or tap2 in place of vbd where the name asks for it.
// Throws xm::Error (class DIE) when there are not 3 to 5 fields.
sxp::Value disk_config(const std::string& entry);

}  // namespace xm::guest_config
