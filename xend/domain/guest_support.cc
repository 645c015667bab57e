#include "xend/domain/guest_support.h"

#include "xend/domain/device_model.h"
#include "xend/error.h"
#include "xend/log.h"

namespace xend {

void check_type(Host& host, const DomainConfig& config) {
  const auto xen = host.xen.host_info();
  if (config.type != xc::GuestType::kPv && !xen.hvm)
    throw Error("HVM guest support is unavailable: is VT/AMD-V supported by your CPU and enabled in your BIOS?");
  if (config.type == xc::GuestType::kPv && !xen.pv)
    throw Error(
        fmt::format("{} is a PV guest, and this Xen was built or booted without PV support. A Linux guest can run with "
                    "type = \"pvh\".",
                    config.name));
}

void check_programs(Host& host, const DomainConfig& config) {
  constexpr xc::DomId kNotYet = 0;
  plan_device_model(config, kNotYet, *host.options.get(), host.programs);
  if (config.type != xc::GuestType::kHvm) return;
  host.programs.hvmloader(loader_of(config));
  host.programs.firmware();
}

std::string loader_of(const DomainConfig& config) {
  if (const auto loader = config.image.platform_value("loader"); loader && !loader->empty()) return *loader;
  return Programs::is_hvmloader(config.image.kernel) ? config.image.kernel : "";
}

}  // namespace xend
