#include "xend/domain/device_model.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <filesystem>

#include "xend/devices/device_class.h"
#include "xend/devices/disk_name.h"
#include "xend/devices/disk_source.h"
#include "xend/devices/vbd.h"
#include "xend/devices/vif.h"
#include "xend/domain/usb_ports.h"
#include "xend/error.h"
#include "xend/log.h"

namespace xend {
namespace {

// The number at the start of a text, as loosely as the classic files wrote them; 0 for none.
long number(const std::string& text) {
  long value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

bool truth(const std::optional<std::string>& text, bool otherwise) {
  if (!text || text->empty()) return otherwise;
  return number(*text) != 0;
}

std::vector<std::string> words(const std::string& text) {
  std::vector<std::string> found;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t comma = std::min(text.find(',', at), text.size());
    if (comma > at) found.push_back(text.substr(at, comma - at));
    at = comma + 1;
  }
  return found;
}

const Device* find_device(const DomainConfig& config, std::string_view type) {
  const auto found = std::find_if(config.devices.begin(), config.devices.end(),
                                  [&](const Device& device) { return device.type == type; });
  return found == config.devices.end() ? nullptr : &*found;
}

DiskSource source_of(const Device& disk) {
  return parse_disk_source(item(disk.config, "uname"));
}

bool needs_qemu(const DomainConfig& config) {
  if (config.type == xc::GuestType::kHvm || find_device(config, "vfb") != nullptr) return true;
  return std::any_of(config.devices.begin(), config.devices.end(),
                     [](const Device& device) { return is_disk(device) && source_of(device).by_qemu(); });
}

// The disks that a PC's firmware can see. Those behind them, and partitions, are for the guest's own drivers alone.
std::vector<EmulatedDisk> emulated_disks(const DomainConfig& config) {
  std::vector<EmulatedDisk> disks;
  for (const Device& device : config.devices) {
    if (!is_disk(device)) continue;
    const DiskName name = parse_disk_name(item(device.config, "dev"));
    const auto place = emulated_place(name.name);
    const DiskSource source = source_of(device);
    if (!place || (!source.is_path() && !source.by_qemu() && !source.empty())) continue;
    EmulatedDisk disk;
    disk.path = source.path();
    disk.format = source.by_qemu() ? source.format : "raw";
    disk.scsi = place->scsi;
    disk.unit = place->unit;
    disk.device_id = device.id;
    disk.cdrom = name.cdrom;
    disk.writable = item(device.config, "mode").starts_with('w');
    if (!disk.scsi && !disk.cdrom && !disk.writable) {
      XEND_LOG(
          Warning,
          "Domain {}: {} is a read-only IDE disk, which QEMU cannot emulate: only the guest's own Xen drivers will "
          "see it. A CD-ROM ({}:cdrom) or a SCSI disk can be read only.",
          config.name, name.name, name.name);
      continue;
    }
    disks.push_back(std::move(disk));
  }
  return disks;
}

std::vector<EmulatedNic> emulated_nics(const DomainConfig& config, xc::DomId domid) {
  std::vector<EmulatedNic> nics;
  for (const Device& device : config.devices) {
    if (!is_emulated_card(device)) continue;
    EmulatedNic nic{.id = device.id,
                    .mac = item(device.config, "mac"),
                    .model = item(device.config, "model"),
                    .bridge = item(device.config, "bridge"),
                    .tap = fmt::format("vif{}.{}-emu", domid, device.id)};
    if (nic.model.empty()) nic.model = "rtl8139";
    const bool plain = std::all_of(nic.model.begin(), nic.model.end(),
                                   [](unsigned char c) { return std::isalnum(c) != 0 || c == '-' || c == '_'; });
    if (!plain) throw Error(fmt::format("model \"{}\" of a vif is not the name of a network card.", nic.model));
    nics.push_back(std::move(nic));
  }
  return nics;
}

// "" without TLS.
std::string certificates(const Options& options) {
  if (!options.vnc_tls) return "";
  if (!std::filesystem::is_directory(options.vnc_x509_cert_dir))
    throw Error(fmt::format("invalid xend config vnc-x509-cert-dir: directory '{}' does not exist",
                            options.vnc_x509_cert_dir.string()));
  return options.vnc_x509_cert_dir.string();
}

// The frame buffer's settings win over those of the machine, and these over xend's own.
class DisplaySettings {
 public:
  DisplaySettings(const DomainConfig& config, const Options& options)
      : config_(config), options_(options), frame_buffer_(find_device(config, "vfb")) {}

  std::optional<std::string> find(const char* key) const {
    if (frame_buffer_ != nullptr)
      if (auto text = sxp::child_text(frame_buffer_->config, key)) return text;
    return config_.image.platform_value(key);
  }

  std::optional<VncDisplay> vnc() const {
    // A frame buffer that says nothing is shown by VNC (spec guest-config 5.4).
    const bool silent = frame_buffer_ != nullptr && !find("sdl");
    if (!truth(find("vnc"), silent)) return std::nullopt;
    VncDisplay vnc;
    vnc.listen = find("vnclisten").value_or("");
    if (vnc.listen.empty()) vnc.listen = options_.vnc_listen;
    const long display = number(find("vncdisplay").value_or("0"));
    if (display < 0 || display > long{VncDisplay::kLast})
      throw Error(fmt::format("vncdisplay {} is not a VNC display: 0 to {} are.", display, VncDisplay::kLast));
    vnc.display = static_cast<unsigned>(display);
    vnc.next_free = truth(find("vncunused"), true);
    vnc.password = find("vncpasswd").value_or(options_.vncpasswd.value_or(""));
    vnc.certificates = certificates(options_);
    vnc.verify_viewers = options_.vnc_x509_verify;
    return vnc;
  }

 private:
  const DomainConfig& config_;
  const Options& options_;
  const Device* frame_buffer_;
};

void check_floppy(const std::string& path) {
  if (!path.starts_with('/') || !std::filesystem::exists(path))
    throw Error(fmt::format("Floppy file {} does not exist.", path));
}

void plan_machine(DeviceModelPlan& plan, const DomainConfig& config) {
  const auto text = [&](const char* key) { return config.image.platform_value(key).value_or(""); };
  const auto flag = [&](const char* key, bool otherwise) { return config.image.platform_flag(key, otherwise); };
  plan.video = video_memory(config);
  plan.disks = emulated_disks(config);
  plan.nics = emulated_nics(config, plan.domid);
  if (const std::string boot = text("boot"); !boot.empty()) plan.boot = boot;
  if (!Programs::is_hvmloader(config.image.kernel)) {
    plan.kernel = config.image.kernel;
    plan.ramdisk = config.image.ramdisk;
    plan.cmdline = config.image.args;
  }
  plan.serial = text("serial");
  plan.parallel = text("parallel");
  for (const char* drive : {"fda", "fdb"}) {
    plan.floppies.push_back(text(drive));
    if (!plan.floppies.back().empty()) check_floppy(plan.floppies.back());
  }
  plan.sound = words(text("soundhw"));
  plan.usb = has_usb(config);
  plan.usb_devices = UsbPorts(config).devices();
  plan.standard_vga = flag("stdvga", false);
  plan.local_time = flag("localtime", false);
  plan.acpi = flag("acpi", true);
  plan.platform_pci = flag("xen_platform_pci", true);
}

}  // namespace

xc::MiB video_memory(const DomainConfig& config) {
  if (config.type != xc::GuestType::kHvm) return {0};
  // The classic default of 4 was qemu-dm's.
  const bool standard = config.image.platform_flag("stdvga", false);
  const long least = standard ? 16 : 8;
  const long wanted = number(config.image.platform_value("videoram").value_or("0"));
  long size = least;
  while (size < wanted && size < 256) size *= 2;  // QEMU takes powers of two
  return {static_cast<std::uint64_t>(size)};
}

std::optional<DeviceModelPlan> plan_device_model(const DomainConfig& config, xc::DomId domid, const Options& options,
                                                 const Programs& programs) {
  if (!needs_qemu(config)) return std::nullopt;
  DeviceModelPlan plan;
  plan.domid = domid;
  plan.name = config.name;
  plan.type = config.type;
  plan.program = programs.device_model(config.image.platform_value("device_model").value_or(""));
  plan.memory = config.maxmem;
  plan.vcpus = config.vcpus;
  plan.online_vcpus = config.available_vcpus();
  const DisplaySettings display(config, options);
  plan.vnc = display.vnc();
  plan.keymap = display.find("keymap").value_or("");
  if (plan.keymap.empty()) plan.keymap = options.keymap.value_or("");
  if (config.type == xc::GuestType::kHvm) plan_machine(plan, config);
  return plan;
}

}  // namespace xend
