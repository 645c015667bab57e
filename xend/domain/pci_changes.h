// PCI devices that come to a running guest and leave it (spec protocols 3.4). What has come stays over reboots.
#pragma once

#include <memory>

#include "xend/domain/host.h"

namespace xend {

// Gives the domain the functions of `element`, (pci (dev ..) ..), and returns what it has of the class then. A guest
// that has PCI devices already must take the new ones up within device-create-timeout; to others the bus itself is new.
// Throws Error; the domain is then as it was.
Device attach_pci(Host& host, const std::shared_ptr<Domain>& domain, const sxp::Value& element);

// Takes the functions of `element` away, once the guest has let go of them (device-destroy-timeout). Throws Error; the
// domain then has them still.
void detach_pci(Host& host, const std::shared_ptr<Domain>& domain, const sxp::Value& element);

// Does what (state Initialising) or (state Closing) of `element` asks for.
void reconfigure_pci(Host& host, const std::shared_ptr<Domain>& domain, const sxp::Value& element);

}  // namespace xend
