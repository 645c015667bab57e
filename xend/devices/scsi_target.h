// What the kernel's back end for SCSI devices (xen-scsiback) is configured with: a SCSI target in configfs that leads
// to a device of dom0. A port naa.* for each HOST:CHANNEL:TARGET, whose alias these numbers are, with the luns below
// it; p-dev in xenstore is then the classic H:C:T:L (drivers/xen/xen-scsiback.c; Documentation/target of Linux).
#pragma once

#include <string>

#include "xend/devices/script_runner.h"
#include "xend/devices/scsi_element.h"

namespace xend {

struct ScsiFolders {
  std::string target = "/sys/kernel/config/target";
  std::string devices = "/sys/bus/scsi/devices";
};

class ScsiTarget {
 public:
  ScsiTarget(const ScsiFolders& folders, const ScsiAddress& device);

  // Loads the modules when they are not there, and makes the target. The kernel takes a disk for itself then: nobody
  // else can mount it. Throws Error: no such device, one that is in use in dom0, or that another guest has.
  void make(ScriptRunner& programs) const;

  // Undoes it, or what there is of it. Never throws: what stays is logged.
  void remove() const noexcept;

 private:
  void load_modules(ScriptRunner& programs) const;
  void make_backstore() const;
  void make_port() const;
  std::string disk() const;

  ScsiFolders folders_;
  ScsiAddress device_;
  std::string hba_, backstore_, port_, group_, lun_;  // folders
};

}  // namespace xend
