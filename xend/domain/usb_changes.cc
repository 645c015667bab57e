#include "xend/domain/usb_changes.h"

#include <fmt/ranges.h>

#include <algorithm>

#include "xend/build/usb_device.h"
#include "xend/domain/at_rest.h"
#include "xend/domain/change.h"
#include "xend/domain/managed.h"
#include "xend/error.h"
#include "xend/log.h"

namespace xend {

namespace {

constexpr char kKey[] = "usbdevice";

UsbDevice parsed(const std::string& name) {
  if (const auto device = parse_usb_device(name)) return *device;
  throw Error(fmt::format(
      "There is no USB device '{}'.\nIt is tablet, mouse, keyboard, or one of this host, as lsusb shows it: "
      "host:BUS.ADDRESS (host:1.7) or host:VENDOR:PRODUCT (host:046d:c52b).",
      name.substr(0, 64)));
}

void add_to(DomainConfig& config, const std::string& name) {
  auto names = config.image.platform_words(kKey);
  if (std::find(names.begin(), names.end(), name) != names.end())
    throw Error(fmt::format("{} has the USB device {} already.", config.name, name));
  names.push_back(name);
  config.image.set_platform(kKey, fmt::format("{}", fmt::join(names, ",")));
}

void remove_from(DomainConfig& config, const std::string& name) {
  auto names = config.image.platform_words(kKey);
  const auto here = std::find(names.begin(), names.end(), name);
  if (here == names.end())
    throw Error(fmt::format("{} has no USB device {}.\nIt has: {}.", config.name, name,
                            names.empty() ? "none" : fmt::format("{}", fmt::join(names, ", "))));
  names.erase(here);
  config.image.set_platform(kKey, fmt::format("{}", fmt::join(names, ",")));
}

void require_usb(const DomainConfig& config) {
  if (!config.image.platform_flag("usb", false) && config.image.platform_words(kKey).empty())
    throw Error("Can't add usb device to a guest with usb disabled in configure file");
}

}  // namespace

void add_usb_device(Host& host, const std::shared_ptr<Domain>& domain, const std::string& name) {
  const auto state = domain->state();
  if (state.config.type != xc::GuestType::kHvm) throw Error("Can't add usb device to a non-hvm guest");
  require_usb(state.config);
  const UsbDevice device = parsed(name);
  if (state.dormant) return change_at_rest(host, domain, [&](DomainConfig& config) { add_to(config, name); });
  const Change change(host, domain, "attach a device to");
  auto config = domain->state().config;
  add_to(config, name);
  host.device_models.add_usb(domain->running_domid(), device);
  domain->update([&](DomainState& s) { s.config.image = config.image; });
  remember_change(host, *domain);
  XEND_LOG(Info, "USB device {} added to domain {} ({}).", name, state.name, domain->running_domid());
}

void remove_usb_device(Host& host, const std::shared_ptr<Domain>& domain, const std::string& name) {
  const auto state = domain->state();
  if (state.config.type != xc::GuestType::kHvm) throw Error("Can't del usb to a non-hvm guest");
  const UsbDevice device = parsed(name);
  if (state.dormant) return change_at_rest(host, domain, [&](DomainConfig& config) { remove_from(config, name); });
  const Change change(host, domain, "detach a device from");
  auto config = domain->state().config;
  remove_from(config, name);
  host.device_models.remove_usb(domain->running_domid(), device);
  domain->update([&](DomainState& s) { s.config.image = config.image; });
  remember_change(host, *domain);
  XEND_LOG(Info, "USB device {} taken from domain {} ({}).", name, state.name, domain->running_domid());
}

}  // namespace xend
