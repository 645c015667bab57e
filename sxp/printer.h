// Prints values: the flat form for protocols and files, and the pretty layout that scripts read line by line.
// Spec: xend-config sections 8 and 9. Old parsers (xend 3.x/4.x, libvirt's) must be able to read every form.
#pragma once

#include <cstddef>
#include <string>

#include "sxp/value.h"

namespace sxp {

// One line, no newline at the end.
std::string to_string(const Value& v);

// The layout of `xm list -l` (width 80) and of config.sxp (width 78), with a newline at the end.
std::string pretty(const Value& v, std::size_t width = 80);

}  // namespace sxp
