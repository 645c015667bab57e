// How PCI functions come to a guest's virtual bus and leave it while the guest runs (spec domain-lifecycle 9.2): each
// has a state-I of its own below the backend; the backend's state goes
//   Connected -> Reconfiguring (ours) -> Reconfigured (pciback, when the guest's pcifront has said Reconfiguring, too)
//   -> Connected (when pcifront has looked at the bus again)
// The state-I of one that arrives goes from Initialising to Initialised, that of one that leaves stays Closing.
#pragma once

#include <vector>

#include "libxc-wrap/store.h"
#include "xend/devices/device_class.h"
#include "xend/devices/pci_element.h"

namespace xend {

// The keys of function `index`: dev-I, vdevfn-I, key-I, uuid-I, opts-I and state-I, as one that is new to the driver.
Keys pci_function_keys(const PciFunction& function, std::size_t index);

// The functions that the backend at `paths` has, by index. None when there is no backend.
std::vector<PciFunction> read_pci_functions(xc::Store& store, const DevicePaths& paths);

// Makes the backend's functions those of `wanted`: what is new is added (device-create-timeout), what is missing taken
// away (device-destroy-timeout). Returns when pciback has done it. Where there is no backend nothing is missed. Throws
// Error when guest or driver do not go along; the functions are then those from before.
void change_pci_functions(xc::Store& store, const DevicePaths& paths, const std::vector<PciFunction>& wanted,
                          const ChangeLimits& limits);

}  // namespace xend
