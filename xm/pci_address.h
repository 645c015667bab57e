// Where a PCI device of the host is, as xend tells it and people read it (spec xm-cli 3.6).
#pragma once

#include <compare>
#include <optional>
#include <string>
#include <string_view>

#include "rpc/value.h"

namespace xm {

struct PciAddress {
  unsigned domain = 0, bus = 0, slot = 0, function = 0;

  // "0000:02:00.0"
  std::string text() const;
  // From a struct {domain, bus, slot, func} of numbers or of texts such as "0x02"; nothing when that is not in it.
  static std::optional<PciAddress> of(const rpc::Value& device);

  auto operator<=>(const PciAddress&) const = default;
};

// A number that xend tells as one or as hexadecimal text.
std::optional<unsigned> pci_number(const rpc::Value* value);

}  // namespace xm
