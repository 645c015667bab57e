// `pci`: the devices of the host that a guest is given, one function each (spec guest-config 5.5).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sxp/value.h"

namespace xm::guest_config {

// A hexadecimal number with or without 0x; nothing when it is none or has more than 16 digits.
std::optional<std::uint64_t> parse_hex(std::string_view text);

// `(pci (dev (slot ...) ...) ...)` for all entries. Throws xm::Error (class DIE) for one that does not parse, and for
// several functions in one entry, which this release does not know.
sxp::Value pci_config(const std::vector<std::string>& entries);

}  // namespace xm::guest_config
