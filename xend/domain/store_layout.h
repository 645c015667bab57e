// A domain's nodes in xenstore: what the guest, its drivers, xenconsoled and other tools read there (spec
// domain-lifecycle section 8, modern-xen 15 and 26.2). Devices have their own (xend/devices).
#pragma once

#include <string>

#include "libxc-wrap/store.h"
#include "xend/domain/domain.h"

namespace xend {

std::string domain_path(xc::DomId domid);  // "/local/domain/N"

// "/vm/UUID", or "/vm/UUID-1", "-2" ... while a node of that name is there already.
std::string choose_vm_path(xc::Store& store, const xc::Uuid& uuid);

// The nodes that must be there before the domain gets memory. One transaction; throws xc::Error.
void write_skeleton(xc::Store& store, const DomainState& domain);

// What is known once it has its memory: rings, channels, console, memory sizes, the image. One transaction.
void write_details(xc::Store& store, const DomainState& domain, std::uint64_t console_limit_bytes);

// Whether the guest is to use a vcpu.
void write_availability(xc::Store& store, xc::DomId domid, unsigned vcpu, bool online);

// The name under which it is shown, in both places that carry it.
void write_name(xc::Store& store, const DomainState& domain);

}  // namespace xend
