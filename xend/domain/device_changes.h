// Devices that come to a running domain, leave it, or get another medium (spec protocols 3.4, domain-lifecycle 9). What
// has come stays over reboots, saves and migrations; what has left does not come back.
#pragma once

#include <memory>
#include <string>

#include "xend/domain/host.h"

namespace xend {

// Gives the domain the device of `element`, (vbd (uname ..) (dev ..) ..), and waits until it is connected. Throws Error
// with the texts of spec domain-lifecycle 9.1 to 9.3; the domain is then as it was.
Device attach_device(Host& host, const std::shared_ptr<Domain>& domain, const sxp::Value& element);

// Takes away the device that `name` means, see find_device(). `force`: without waiting for the guest to let go of it.
// `forget`: it does not come back at the next reboot either. Throws Error; the domain then has the device still.
void detach_device(Host& host, const std::shared_ptr<Domain>& domain, const std::string& type, const std::string& name,
                   bool force, bool forget);

// Puts the medium of `element` into the CD-ROM drive that it names; PCI devices come and go by the same call, see
// pci_changes.h. Throws Error with the texts of section 9.5.
void reconfigure_device(Host& host, const std::shared_ptr<Domain>& domain, const sxp::Value& element);

}  // namespace xend
