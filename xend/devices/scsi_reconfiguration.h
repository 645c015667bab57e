// SCSI devices that come to an adapter of a running guest or leave it: the handshake with xen-scsiback and, through it,
// with the guest's xen-scsifront (drivers/xen/xen-scsiback.c and drivers/scsi/xen-scsifront.c of Linux):
//
//   xend: new vscsi-devs/dev-I, state 1; leaving ones 5; backend 7 (Reconfiguring)
//   guest: drops the leaving; frontend 7        back end: takes the new (3), forgets the leaving (6); backend 8
//   guest: adds the new; frontend 4             back end: the new are 4; backend 4
//   xend: removes the nodes of what has left
#pragma once

#include <vector>

#include "libxc-wrap/store.h"
#include "xend/devices/device_class.h"
#include "xend/devices/device_nodes.h"
#include "xend/devices/scsi_element.h"

namespace xend {

// The nodes of one device below its adapter's backend.
Keys scsi_lun_keys(const ScsiLun& lun, std::size_t index);

// The devices that the backend has in xenstore.
std::vector<ScsiLun> read_scsi_luns(xc::Store& store, const DevicePaths& paths);

// Makes `wanted` what the adapter has. Throws Error when the guest or the kernel does not take part, or a device is not
// to be had; what has not changed hands then stays where it was.
void change_scsi_luns(xc::Store& store, const DevicePaths& paths, const std::vector<ScsiLun>& wanted,
                      const ChangeLimits& limits);

}  // namespace xend
