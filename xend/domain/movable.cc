#include "xend/domain/movable.h"

#include <algorithm>

#include "xend/domain/pci_grant.h"
#include "xend/domain/usb_ports.h"
#include "xend/error.h"
#include "xend/log.h"

namespace xend {

namespace {

// QEMU takes a device up again that it knows by its product. Where another one was it does not look a second time, and
// where there is none now it does not even start: the guest would not come back.
void add_usb_places(const DomainConfig& config, const std::string& what, std::vector<std::string>& reasons) {
  if (config.type != xc::GuestType::kHvm) return;
  for (const UsbDevice& device : UsbPorts(config).devices())
    if (device.by_place())
      reasons.push_back(
          fmt::format("Migration not permitted with assigned USB device.\nDomain {} cannot be {} with {}, which is a "
                      "place on this host: xm usb-del {} {} takes it away. By its product, host:VENDOR:PRODUCT, it "
                      "could come along.",
                      config.name, what, device.name, config.name, device.name));
}

}  // namespace

std::vector<std::string> reasons_to_stay(const DomainConfig& config, const std::string& what) {
  std::vector<std::string> reasons;
  if (config.nomigrate())
    reasons.push_back(
        fmt::format("Domain {} may not be {}: nomigrate is set in its configuration.", config.name, what));
  if (!pci_functions(config).empty())
    reasons.push_back(
        fmt::format("Migration not permitted with assigned PCI device.\nDomain {} cannot be {} until its devices are "
                    "detached: xm pci-list {} shows them.",
                    config.name, what, config.name));
  const bool scsi = std::any_of(config.devices.begin(), config.devices.end(),
                                [](const Device& device) { return device.type == "vscsi"; });
  // HOST:CHANNEL:TARGET:LUN may be any disk there.
  if (scsi && what == "migrated")
    reasons.push_back(
        fmt::format("Migration not permitted with assigned SCSI device.\nDomain {} cannot be {} until its SCSI "
                    "devices, which are places on this host, are detached: xm scsi-list {} shows them.",
                    config.name, what, config.name));
  add_usb_places(config, what, reasons);
  return reasons;
}

void check_movable(const DomainConfig& config, const std::string& what) {
  if (const auto reasons = reasons_to_stay(config, what); !reasons.empty()) throw Error(reasons.front());
}

}  // namespace xend
