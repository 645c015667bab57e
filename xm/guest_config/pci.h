// `pci`: the devices of the host that a guest is given, one function each (spec guest-config 5.5).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sxp/value.h"
#include "xm/guest_config/host.h"

namespace xm::guest_config {

struct PciDevice {
  std::string domain, bus, slot, function;  // as xend takes them: 0x0000, 0x03, 0x00, 0x0
  std::string vdevfn;                       // where the guest sees it: slot and function, or 0x100 for any slot
  std::string key;                          // the entry up to its first comma
  sxp::List options;                        // (KEY VALUE)
};

// A hexadecimal number with or without 0x; nothing when it is none or has more than 16 digits.
std::optional<std::uint64_t> parse_hex(std::string_view text);

// All functions that `entries` name. Throws xm::Error (class DIE) for one that does not parse.
std::vector<PciDevice> parse_pci(const std::vector<std::string>& entries, const Host& host);

// `(pci (dev (slot ...) ...) ...)`.
sxp::Value pci_config(const std::vector<PciDevice>& devices);

// `((DOMAIN BUS SLOT FUNC VDEVFN OPTS KEY) ...)`, which an HVM image has.
sxp::Value pci_tuples(const std::vector<PciDevice>& devices);

}  // namespace xm::guest_config
