#include "xend/domain/linux_as_pvh.h"

#include <unistd.h>

#include <algorithm>

#include "xend/log.h"

namespace xend {

void prefer_pvh(Host& host, DomainConfig& config) {
  if (!host.options.get()->linux_as_pvh || config.type != xc::GuestType::kPv) return;
  if (config.image.platform_value("type") || !config.bootloader.empty() || config.image.kernel.empty()) return;
  const auto needs_pv = [](const sxp::Value& element) {
    const auto type = sxp::head(element);
    return type == "pci" || type == "ioports" || type == "irq";
  };
  if (std::any_of(config.device_elements.begin(), config.device_elements.end(), needs_pv)) return;
  if (access(config.image.kernel.c_str(), R_OK) != 0) return;  // which whoever builds it says
  if (!host.helpers.kernel_notes(config.image.kernel, Cancellation()).contains("PHYS32_ENTRY")) {
    XEND_LOG(Info, "Domain {}: {} has no PVH entry: it runs as PV.", config.name, config.image.kernel);
    return;
  }
  config.type = xc::GuestType::kPvh;
  config.image.platform.emplace_back("type", "pvh");
  XEND_LOG(Info, "Domain {}: runs as PVH (linux-as-pvh).", config.name);
}

}  // namespace xend
