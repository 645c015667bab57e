// The element of a guest's PCI devices, (pci (dev (domain 0x0000) (bus 0x02) (slot 0x00) (func 0x0) (vdevfn 0x100) ...)
// ...) (spec protocols 7.5), read strictly and printed. Knows nothing of xenstore or of the host.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "sxp/value.h"
#include "xend/node/pci.h"

namespace xend {

// One function of a device, as a guest has it.
struct PciFunction {
  static constexpr unsigned kAnyVdevfn = 0x100;  // in vdevfn: the guest's slot is left to the backend

  PciAddress address;
  unsigned vdevfn = kAnyVdevfn;
  std::string key, uuid;
  std::vector<std::pair<std::string, std::string>> options;  // msitranslate, power_mgmt, ...
};

// The functions of an element, at least one and none twice; those without a uuid get one. Throws Error for anything
// that is not what it should be.
std::vector<PciFunction> parse_pci(const sxp::Value& element);

// (pci (dev ...) ...), without functions (pci).
sxp::Value pci_element(const std::vector<PciFunction>& functions);

// (dev ...) of one of them.
sxp::Value pci_dev(const PciFunction& function);

// "msitranslate=1,power_mgmt=0", as xenstore has options, and back; what is not of that form is left out.
std::string join_options(const PciFunction& function);
std::vector<std::pair<std::string, std::string>> split_options(const std::string& text);

}  // namespace xend
