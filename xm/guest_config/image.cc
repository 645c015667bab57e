// The image element: what is booted and, for HVM, on what machine (spec guest-config 4.3, 4.5, 5.9, 6.2).
#include <filesystem>

#include <fmt/format.h>

#include "xm/error.h"
#include "xm/guest_config/cpuid.h"
#include "xm/guest_config/fields.h"
#include "xm/guest_config/pci.h"
#include "xm/guest_config/vm_config.h"

namespace xm::guest_config {
namespace {

sxp::Value pair(std::string_view name, sxp::Value value) {
  return sxp::Value::list({name, std::move(value)});
}

// Firmware has moved with every release of Xen; the path of an older one means today's.
std::string todays_firmware(const std::string& path, const Host& host) {
  if (!path.ends_with("/boot/hvmloader") || host.exists(path)) return path;
  std::string todays = (std::filesystem::path(host.xen_private_bin).parent_path() / "boot/hvmloader").string();
  return host.exists(todays) ? todays : path;
}

// The path of `what` ("kernel", ...) as xend is to read it. Throws Error when there is no such file.
std::string checked_path(std::string_view what, const std::string& named, const Host& host) {
  const std::string path = todays_firmware(named, host);
  const bool has_directory = path.find('/') != std::string::npos;
  if (has_directory && host.exists(path)) return path;
  if (path == "hvmloader") return path;  // xend knows where it is
  if (const std::string absolute = host.absolute(path); host.exists(absolute)) return absolute;
  throw Error::die(fmt::format("Cannot find {} \"{}\"", what, path));
}

void add_boot_files(sxp::List& image, const Settings& settings, const Host& host) {
  const bool in_guest = settings.truth("bootloader");  // then kernel and ramdisk are names inside the guest
  for (std::string_view what : {"kernel", "ramdisk", "loader"}) {
    if (!settings.truth(what)) continue;
    const std::string path = settings.text(what);
    const bool check = !in_guest || what == "loader";
    image.push_back(pair(what, check ? checked_path(what, path, host) : path));
  }
}

std::string without_prefix(const std::string& text, std::string_view prefix) {
  return text.starts_with(prefix) ? text.substr(prefix.size()) : text;
}

void add_ip(sxp::List& image, const Settings& settings) {
  const std::string dhcp = settings.text("dhcp");
  if (!settings.truth("ip") && dhcp == "off") return;
  const std::string server = settings.truth("nfs_server") ? settings.text("nfs_server") : "127.0.255.255";
  image.push_back(pair("ip", fmt::format("{}:{}:{}:{}:{}:{}:{}", without_prefix(settings.text("ip"), "ip="), server,
                                         settings.text("gateway"), settings.text("netmask"), settings.text("hostname"),
                                         settings.text("interface"), dhcp)));
}

std::string kernel_arguments(const Settings& settings) {
  std::string extra = settings.text("extra");
  if (extra.empty() && !settings.truth("root")) extra = settings.text("cmdline");  // xl's name
  if (!settings.truth("nfs_root")) return extra;
  if (!settings.truth("nfs_server")) throw Error::die("Must set nfs root and nfs server");
  return fmt::format("nfsroot={}:{} {}", settings.text("nfs_server"), settings.text("nfs_root"), extra);
}

void add_if_true(sxp::List& image, const Settings& settings, std::string_view name) {
  const Value value = settings.get(name);
  if (value.truth()) image.push_back(pair(name, value.to_sxp()));
}

constexpr std::string_view kMachine[] = {"acpi",
                                         "apic",
                                         "boot",
                                         "cpuid",
                                         "cpuid_check",
                                         "device_model",
                                         "display",
                                         "fda",
                                         "fdb",
                                         "gfx_passthru",
                                         "guest_os_type",
                                         "hap",
                                         "hpet",
                                         "isa",
                                         "keymap",
                                         "localtime",
                                         "nestedhvm",
                                         "nographic",
                                         "opengl",
                                         "oos",
                                         "pae",
                                         "pci",
                                         "pci_msitranslate",
                                         "pci_power_mgmt",
                                         "rtc_timeoffset",
                                         "sdl",
                                         "soundhw",
                                         "stdvga",
                                         "timer_mode",
                                         "usb",
                                         "usbdevice",
                                         "vcpus",
                                         "vnc",
                                         "vncconsole",
                                         "vncdisplay",
                                         "vnclisten",
                                         "vncunused",
                                         "viridian",
                                         "vpt_align",
                                         "xauthority",
                                         "xen_extended_power_mgmt",
                                         "xen_platform_pci",
                                         "memory_sharing",
                                         "vncpasswd"};

void add_machine(sxp::List& image, const Settings& settings, const Host& host) {
  for (std::string_view name : kMachine) {
    if (name == "pci") {
      image.push_back(pair(name, pci_tuples(parse_pci(texts(settings.get(name)), host))));
      continue;
    }
    if (name.starts_with("cpuid")) {
      image.push_back(pair(name, cpuid_config(settings, std::string(name))));
      continue;
    }
    Value value = settings.get(name);
    if (name == "display" && value.is_none()) {
      if (const auto display = host.environment("DISPLAY")) value = *display;
    }
    if (name == "xauthority" && value.is_none()) value = host.xauthority();
    if (!value.is_none()) image.push_back(pair(name, value.to_sxp()));
  }
}

bool is_pvh(const Settings& settings) {
  return !settings.is_set("builder") && settings.text("type") == "pvh";
}

}  // namespace

std::string image_kind(const Settings& settings) {
  const std::string builder = settings.text("builder");
  if (settings.is_set("builder")) return builder == "generic" || builder == "pv" ? "linux" : builder;
  return settings.text("type") == "hvm" ? "hvm" : "linux";  // xl's way of saying it
}

sxp::Value image_config(const Settings& settings, const Host& host) {
  const std::string kind = image_kind(settings);
  if (kind.empty()) return pair("image", sxp::Value());
  sxp::List image = {kind};
  add_boot_files(image, settings, host);
  add_ip(image, settings);
  if (settings.truth("root")) image.push_back(pair("root", without_prefix(settings.text("root"), "root=")));
  for (std::string_view name : {"videoram", "parallel", "serial", "monitor_path"}) add_if_true(image, settings, name);
  if (settings.truth("monitor_path")) {
    image.push_back(pair("monitor", 1));
  } else {
    add_if_true(image, settings, "monitor");
  }
  if (const std::string arguments = kernel_arguments(settings); !arguments.empty()) {
    image.push_back(pair("args", arguments));
  }
  add_if_true(image, settings, "superpages");
  if (kind == "hvm") add_machine(image, settings, host);
  for (std::string_view name : {"vhpt", "machine_address_size", "suppress_spurious_page_faults"}) {
    add_if_true(image, settings, name);
  }
  for (std::string_view name : {"tsc_mode", "nomigrate"}) image.push_back(pair(name, settings.get(name).to_sxp()));
  if (is_pvh(settings)) image.push_back(pair("type", "pvh"));
  return pair("image", std::move(image));
}

}  // namespace xm::guest_config
