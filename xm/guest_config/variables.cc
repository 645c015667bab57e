#include "xm/guest_config/variables.h"

#include <fmt/format.h>

#include "xm/error.h"
#include "xm/units.h"

namespace xm::guest_config {
namespace {

using enum Converter;

constexpr Variable kVariables[] = {
    {"vncpasswd", kText, "-", "Password of the VNC server"},
    {"vncviewer", kBool, "-", "Has no effect any more; see vncconsole"},
    {"vncconsole", kBool, "-", "Open a viewer after the domain has been created"},
    {"name", kText, "-", "Name of the domain; the name of the file when unset"},
    {"bootloader", kText, "-", "Program that finds out what to boot"},
    {"bootargs", kText, "-", "Arguments for the boot loader"},
    {"bootentry", kText, "-", "Has no effect any more; use bootargs"},
    {"kernel", kText, "-", "Kernel to boot"},
    {"ramdisk", kText, "", "Initial ramdisk for the kernel"},
    {"loader", kText, "", "Firmware of an HVM domain"},
    {"features", kText, "", "Features of the guest kernel that are to be used"},
    {"builder", kText, "linux", "Kind of domain: linux or hvm"},
    {"memory", kInt, "128", "Memory in MiB"},
    {"maxmem", kInt, "-", "Most memory that the domain can be given, in MiB"},
    {"shadow_memory", kInt, "0", "Memory for shadow page tables, in MiB"},
    {"cpu", kInt, "-", "CPU for the first virtual processor"},
    {"cpus", kText, "-", "CPUs that the domain may run on, such as 0-3,^1"},
    {"rtc_timeoffset", kInt, "0", "Offset of the guest's clock, in seconds"},
    {"pae", kInt, "1", "Let an HVM guest use PAE"},
    {"hpet", kInt, "0", "Give an HVM guest a high precision event timer"},
    {"timer_mode", kInt, "1", "How an HVM guest's timers tick"},
    {"tsc_mode", kInt, "0", "Time stamp counter: 0 default, 1 emulated, 2 native"},
    {"nomigrate", kInt, "0", "Refuse to migrate the domain"},
    {"vpt_align", kInt, "1", "Let the timers of an HVM guest tick together"},
    {"viridian", kInt, "0", "Offer an HVM guest the interface of Hyper-V"},
    {"acpi", kInt, "1", "Offer an HVM guest ACPI"},
    {"apic", kInt, "1", "Offer an HVM guest an APIC"},
    {"vcpus", kInt, "1", "Number of virtual processors"},
    {"vcpu_avail", kInt, "-", "Has no effect; see maxvcpus"},
    {"vhpt", kInt, "0", "Size of a page table on ia64"},
    {"cpu_cap", kInt, "-", "Most processor time, in percent of one CPU; 0: no limit"},
    {"cpu_weight", kInt, "-", "Share of processor time"},
    {"restart", kText, "-", "Old form of on_poweroff, on_reboot and on_crash"},
    {"on_poweroff", kText, "-", "What to do when the guest powers off"},
    {"on_reboot", kText, "-", "What to do when the guest reboots"},
    {"on_crash", kText, "-", "What to do when the guest crashes"},
    {"blkif", kBool, "0", "The domain serves disks to others"},
    {"netif", kBool, "0", "The domain serves network interfaces to others"},
    {"disk", kAppend, "", "A disk: WHERE,DEVICE,MODE[,BACKEND]"},
    {"pci", kAppend, "", "A PCI device: [DOMAIN:]BUS:SLOT.FUNCTION"},
    {"vscsi", kAppend, "", "A SCSI device: PHYSICAL,VIRTUAL[,BACKEND]"},
    {"vusb", kAppend, "", "A USB controller: usbver=N,numports=N,port_1=BUS"},
    {"ioports", kAppend, "", "I/O ports that the domain may use: FROM[-TO], in hex"},
    {"irq", kAppend, "", "An interrupt that the domain may use"},
    {"vfb", kAppend, "", "A screen: type=vnc or sdl, vnclisten=ADDRESS and so on"},
    {"vif", kAppend, "", "A network interface: mac=MAC,bridge=NAME and so on; empty for the defaults"},
    {"vif2", kAppend, "", "A network interface of the second kind"},
    {"access_control", kAppend, "", "A security label: policy=P,label=L"},
    {"cpuid", kAppend, "", "What CPUID is to answer"},
    {"cpuid_check", kAppend, "", "What CPUID must answer on a host for the domain to run there"},
    {"nics", kInt, "-1", "Old form of empty vif entries"},
    {"root", kText, "", "Value of root= for the guest kernel"},
    {"extra", kText, "", "More of the guest kernel's command line"},
    {"ip", kText, "", "Address of the guest"},
    {"gateway", kText, "", "Gateway of the guest"},
    {"netmask", kText, "", "Netmask of the guest"},
    {"hostname", kText, "", "Host name of the guest"},
    {"interface", kText, "eth0", "Network interface of the guest that is to be configured"},
    {"dhcp", kText, "off", "Whether the guest is to configure it with DHCP"},
    {"nfs_server", kText, "-", "Server of the guest's root file system"},
    {"nfs_root", kText, "-", "Path of the root file system on the server"},
    {"device_model", kText, "-", "Program that emulates the devices of an HVM guest"},
    {"fda", kText, "", "Image of the first floppy disk"},
    {"fdb", kText, "", "Image of the second floppy disk"},
    {"serial", kText, "", "What the guest's serial port is connected to"},
    {"parallel", kText, "", "What the guest's parallel port is connected to"},
    {"monitor", kBool, "0", "Open the monitor of the device model"},
    {"monitor_path", kText, "", "Where the monitor listens"},
    {"localtime", kBool, "0", "The guest's clock shows local time"},
    {"keymap", kText, "", "Keyboard layout"},
    {"usb", kBool, "0", "Emulate USB"},
    {"usbdevice", kText, "", "An emulated USB device"},
    {"description", kText, "", "Text about the domain"},
    {"guest_os_type", kText, "default", "Operating system of the guest"},
    {"stdvga", kBool, "0", "Emulate a standard VGA card instead of a Cirrus one"},
    {"isa", kBool, "0", "Emulate an ISA machine"},
    {"boot", kText, "c", "Boot order of an HVM guest: letters of a, c, d, n"},
    {"nographic", kBool, "0", "Emulate no graphics card"},
    {"soundhw", kText, "", "Emulated sound cards"},
    {"vnc", kText, "-", "Show the screen with a VNC server"},
    {"vncdisplay", kText, "-", "Number of the VNC display"},
    {"vnclisten", kText, "-", "Address on which the VNC server listens"},
    {"vncunused", kBool, "1", "Take the first free VNC display"},
    {"videoram", kInt, "4", "Memory of the graphics card, in MiB"},
    {"sdl", kText, "-", "Show the screen in a window"},
    {"gfx_passthru", kText, "-", "Give the guest the host's graphics card"},
    {"opengl", kText, "-", "Use OpenGL for the window"},
    {"display", kText, "-", "X display for the window"},
    {"xauthority", kText, "-", "X authority file for the window"},
    {"uuid", kText, "-", "UUID of the domain"},
    {"on_xend_start", kText, "ignore", "What to do when xend starts: ignore or start"},
    {"on_xend_stop", kText, "ignore", "What to do when xend stops: ignore, shutdown or suspend"},
    {"target", kInt, "0", "Domain that this one serves as device model"},
    {"hap", kInt, "1", "Use page tables in hardware"},
    {"nestedhvm", kInt, "0", "Let the guest be a hypervisor"},
    {"s3_integrity", kInt, "1", "Check the memory when the host wakes up"},
    {"oos", kInt, "1", "Let shadow page tables be out of sync"},
    {"machine_address_size", kInt, "-", "Bits of the machine addresses that the guest can use"},
    {"suppress_spurious_page_faults", kBool, "-", "Hide needless page faults from the guest"},
    {"pci_msitranslate", kInt, "1", "Translate message signalled interrupts of PCI devices"},
    {"pci_power_mgmt", kInt, "0", "Let the guest manage the power of PCI devices"},
    {"xen_platform_pci", kInt, "1", "Give an HVM guest Xen's PCI device"},
    {"superpages", kInt, "0", "Give the guest large pages"},
    {"memory_sharing", kBool, "0", "Share equal pages with other guests"},
    {"pool", kText, "-", "CPU pool of the domain"},
};

Value yes_or_no(const std::string& text) {
  if (text == "yes" || text == "y") return 1;
  if (text == "no" || text == "n") return 0;
  throw Error::die(fmt::format("Invalid value:{}", text));
}

Value initial_value(const Variable& variable) {
  if (variable.initial == "-") return {};
  if (variable.converter == kAppend) return List{};
  if (variable.converter == kText) return std::string(variable.initial);
  return *parse_int(variable.initial);
}

}  // namespace

std::span<const Variable> all_variables() {
  return kVariables;
}

const Variable* find_variable(std::string_view name) {
  for (const Variable& variable : kVariables) {
    if (variable.name == name) return &variable;
  }
  return nullptr;
}

void Settings::set_from_command_line(const Variable& variable, const std::string& text) {
  Value& value = command_line_[std::string(variable.name)];
  switch (variable.converter) {
    case kText:
      value = text;
      break;
    case kBool:
      value = yes_or_no(text);
      break;
    case kInt: {
      const auto number = parse_int(text);
      if (!number) throw Error::die(fmt::format("Invalid value: {}", text));
      value = *number;
      break;
    }
    case kAppend: {
      List list = value.as_list() != nullptr ? *value.as_list() : List{};
      list.emplace_back(text);
      value = std::move(list);
      break;
    }
  }
  values_[std::string(variable.name)] = value;
}

void Settings::set_from_file(const Namespace& names) {
  for (const auto& [name, value] : names) {
    if (value.leaves_file() && !command_line_.contains(name)) values_[name] = value;
  }
}

Value Settings::get(std::string_view name) const {
  if (const auto found = values_.find(name); found != values_.end()) return found->second;
  const Variable* variable = find_variable(name);
  return variable != nullptr ? initial_value(*variable) : Value();
}

std::string Settings::text(std::string_view name) const {
  return get(name).to_sxp().text();
}

}  // namespace xm::guest_config
