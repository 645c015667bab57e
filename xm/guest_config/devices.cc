// The devices of a guest, class by class (spec guest-config 4.4, 5.1 to 5.7).
#include <cstdio>

#include <fmt/format.h>

#include "xm/error.h"
#include "xm/guest_config/disk.h"
#include "xm/guest_config/fields.h"
#include "xm/guest_config/pci.h"
#include "xm/guest_config/scsi.h"
#include "xm/guest_config/usb.h"
#include "xm/guest_config/vm_config.h"
#include "xm/units.h"

namespace xm::guest_config {
namespace {

// The last three are xl's.
constexpr std::string_view kVifKeys[] = {"backend", "bridge",  "ip",    "mac",        "script",
                                         "type",    "vifname", "rate",  "model",      "accel",
                                         "policy",  "label",   "devid", "gatewaydev", "trusted"};
constexpr std::string_view kVif2Keys[] = {"front_mac",        "back_mac",   "backend", "trusted", "back_trusted",
                                          "front_filter_mac", "filter_mac", "bridge",  "pdev",    "max_bypasses"};
constexpr std::string_view kVfbKeys[] = {"vnclisten",  "vncunused", "vncdisplay", "display",   "videoram",
                                         "xauthority", "sdl",       "vnc",        "vncpasswd", "opengl",
                                         "keymap",     "serial",    "monitor",    "type"};

sxp::Value pair(std::string_view name, sxp::Value value) {
  return sxp::Value::list({name, std::move(value)});
}

void add_ioports(sxp::List& devices, const Settings& settings) {
  for (const std::string& range : texts(settings.get("ioports"))) {
    const std::vector<std::string> ends = split(range, '-');
    const auto first = parse_hex(ends.front());
    const auto last = parse_hex(ends.back());
    if (ends.size() > 2 || !first || !last)
      throw Error::die(fmt::format("Invalid i/o port range specifier: {}", range));
    devices.push_back(sxp::Value::list(
        {"ioports", pair("from", fmt::format("{:#x}", *first)), pair("to", fmt::format("{:#x}", *last))}));
  }
}

void add_irqs(sxp::List& devices, const Settings& settings) {
  Value irqs = settings.get("irq");
  if (!settings.is_set("irq") && settings.is_set("irqs")) irqs = settings.get("irqs");  // xl's name
  if (irqs.as_string() != nullptr) {                                                    // taken apart, as in all lists
    List characters;
    for (const std::string& c : texts(irqs)) characters.emplace_back(c);
    irqs = std::move(characters);
  }
  if (irqs.as_list() == nullptr) throw Error::die(fmt::format("'{}' object is not iterable", irqs.type_name()));
  for (const Value& irq : *irqs.as_list()) {
    // The original put the quotes of a text into the value, too.
    sxp::Value number = irq.as_string() != nullptr ? sxp::Value(fmt::format("'{}'", *irq.as_string())) : irq.to_sxp();
    devices.push_back(sxp::Value::list({"irq", pair("irq", std::move(number))}));
  }
}

// `nics` is the number of interfaces from the time when they had no settings.
std::vector<std::string> vif_entries(const Settings& settings) {
  std::vector<std::string> entries = texts(settings.get("vif"));
  const Value nics = settings.get("nics");
  if (nics.as_int() == nullptr || *nics.as_int() < 0) return entries;
  constexpr const char* kWarning = "Warning: The nics option is deprecated.  Please ";
  if (*nics.as_int() == 0) {
    fmt::print(stderr, "{}remove it.\n", kWarning);
  } else {
    fmt::print(stderr, "{}use an empty vif entry instead:\n\n  vif = [ '' ]\n\n", kWarning);
  }
  constexpr std::int64_t kMost = 1024;
  while (static_cast<std::int64_t>(entries.size()) < std::min(*nics.as_int(), kMost)) entries.emplace_back();
  return entries;
}

void add_vifs(sxp::List& devices, const Settings& settings) {
  for (const std::string& entry : vif_entries(settings)) {
    const Fields fields(entry);
    fields.check_keys(kVifKeys, "Invalid vif option: {}");
    sxp::List vif = {"vif"};
    fields.append_to(vif);
    devices.emplace_back(std::move(vif));
  }
  for (const std::string& entry : texts(settings.get("vif2"))) {
    const Fields fields(entry);
    fields.check_keys(kVif2Keys, "Invalid vif2 option: {}");
    sxp::List vif = {"vif2"};
    fields.append_to(vif);
    devices.emplace_back(std::move(vif));
  }
}

void add_vfbs(sxp::List& devices, const Settings& settings, const Host& host) {
  for (const std::string& entry : texts(settings.get("vfb"))) {
    Fields fields(entry);
    if (const std::string* type = fields.find("type")) fields.set(std::string(*type), "1");
    fields.check_keys(kVfbKeys, "configuration option {} unknown to vfbs");
    sxp::List vfb = {"vfb"};
    fields.append_to(vfb, "type");
    const auto add_if_missing = [&](const char* key, const std::string& value) {
      if (fields.find(key) == nullptr) vfb.push_back(pair(key, value));
    };
    if (settings.truth("keymap")) add_if_missing("keymap", settings.text("keymap"));
    if (const auto display = host.environment("DISPLAY")) add_if_missing("display", *display);
    add_if_missing("xauthority", host.xauthority());
    devices.push_back(sxp::Value::list({"vkbd"}));
    devices.emplace_back(std::move(vfb));
  }
}

}  // namespace

sxp::List device_configs(const Settings& settings, const Host& host) {
  sxp::List devices;
  for (const std::string& entry : texts(settings.get("disk"))) devices.push_back(disk_config(entry));
  if (settings.truth("pci")) {
    const std::vector<PciDevice> functions = parse_pci(texts(settings.get("pci")), host);
    if (!functions.empty()) devices.push_back(pci_config(functions));
  }
  for (sxp::Value& scsi : scsi_configs(texts(settings.get("vscsi")), host)) devices.push_back(std::move(scsi));
  for (const std::string& entry : texts(settings.get("vusb"))) devices.push_back(usb_config(entry));
  add_ioports(devices, settings);
  add_irqs(devices, settings);
  add_vifs(devices, settings);
  add_vfbs(devices, settings, host);
  return devices;
}

}  // namespace xm::guest_config
