// The functions of one `pci` entry: `0`, `0-3`, `0,2`, `1=0`, `*` (spec guest-config 5.5).
#pragma once

#include <functional>
#include <string>
#include <vector>

namespace xm::guest_config {

struct PciFunction {
  unsigned physical;  // in this host
  unsigned virtual_;  // in the guest
};

// The functions that `text` names, the highest virtual one first. `entry` is for messages; `exists` tells which
// functions
// `*` stands for. Throws xm::Error (class DIE).
std::vector<PciFunction> parse_pci_functions(const std::string& text, const std::string& entry,
                                             const std::function<bool(unsigned function)>& exists);

}  // namespace xm::guest_config
