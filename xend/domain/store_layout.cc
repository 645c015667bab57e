#include "xend/domain/store_layout.h"

#include <algorithm>

#include "sxp/printer.h"
#include "xend/domain/clock.h"
#include "xend/domain/device_model.h"
#include "xend/domain/image_keys.h"
#include "xend/log.h"

namespace xend {

namespace {

// Xenstore takes at most 4096 bytes of path and value together.
constexpr std::size_t kLongestValue = 3500;

xc::Permissions readable_by(xc::DomId guest) {
  return {0, xc::Permissions::kNone, {{guest, xc::Permissions::kRead}}};
}
xc::Permissions owned_by(xc::DomId guest) {
  return {guest, xc::Permissions::kNone, {}};
}

// ELF notes: lower case, dashes (spec domain-lifecycle 8.1).
std::string note_node(std::string key) {
  std::transform(key.begin(), key.end(), key.begin(),
                 [](unsigned char c) { return c == '_' ? '-' : static_cast<char>(std::tolower(c)); });
  return key;
}

void write_image(xc::Store& t, const DomainState& domain, const std::string& dom) {
  const auto& image = domain.config.image;
  auto shown = image;
  std::erase_if(shown.platform, [](const auto& item) { return item.first == "vncpasswd"; });  // the guest may read this
  auto text = sxp::to_string(sxp::children(image_sxp(shown)).front());
  if (text.size() > kLongestValue) {  // the notes are the long part, and the daemon does not need them here
    shown.notes.clear();
    text = sxp::to_string(sxp::children(image_sxp(shown)).front());
  }
  if (text.size() <= kLongestValue) t.write(domain.vm_path + "/image", text);
  t.write(domain.vm_path + "/image/ostype", image.head);
  t.write(domain.vm_path + "/image/kernel", image.kernel);
  if (image.args.size() <= kLongestValue) t.write(domain.vm_path + "/image/cmdline", image.args);
  t.write(domain.vm_path + "/image/ramdisk", image.ramdisk);
  for (const auto& [key, value] : image.notes)
    if (key != "FEATURES") t.write(dom + "/image/" + note_node(key), value);
}

// What hvmloader looks for (spec modern-xen 6).
void write_firmware_settings(xc::Store& t, const DomainConfig& config, const std::string& dom) {
  const auto flag = [&](const char* key, long otherwise) {
    return config.image.platform_number(key, otherwise) != 0 ? "1" : "0";
  };
  t.write(dom + "/hvmloader/bios", "seabios");
  t.write(dom + "/hvmloader/allow-memory-relocate", "0");  // QEMU cannot follow when memory moves
  t.write(dom + "/platform/acpi", flag("acpi", 1));
  t.write(dom + "/platform/acpi_s3", "1");
  t.write(dom + "/platform/acpi_s4", "1");
}

}  // namespace

std::string domain_path(xc::DomId domid) {
  return "/local/domain/" + std::to_string(domid);
}

std::string choose_vm_path(xc::Store& store, const xc::Uuid& uuid) {
  const auto base = "/vm/" + uuid.to_string();
  auto path = base;
  for (int i = 1; store.read(path + "/uuid"); ++i) path = base + "-" + std::to_string(i);
  return path;
}

void write_skeleton(xc::Store& store, const DomainState& domain) {
  const auto guest = *domain.domid;
  const auto dom = domain_path(guest);
  const auto& config = domain.config;
  store.transaction([&](xc::Store& t) {
    // Children are made with the permissions of their parent: only what differs is set.
    t.remove(dom);
    t.make_dir(dom);
    t.set_permissions(dom, readable_by(guest));
    t.make_dir(domain.vm_path);
    t.set_permissions(domain.vm_path, readable_by(guest));
    t.write(dom + "/vm", domain.vm_path);
    t.write(dom + "/name", domain.name);
    t.write(dom + "/domid", std::to_string(guest));
    t.write(dom + "/control/platform-feature-multiprocessor-suspend", "1");
    t.write(dom + "/control/platform-feature-xs_reset_watches", "1");
    for (const char* node :
         {"/control/shutdown", "/control/feature-poweroff", "/control/feature-reboot", "/control/feature-suspend",
          "/control/sysrq", "/device/suspend/event-channel", "/data", "/drivers", "/feature", "/attr", "/error"}) {
      t.write(dom + node, "");
      t.set_permissions(dom + node, owned_by(guest));
    }
    t.write(domain.vm_path + "/uuid", config.uuid.to_string());
    t.write(domain.vm_path + "/name", domain.name);
    t.write(domain.vm_path + "/vcpus", std::to_string(config.vcpus));
    t.write(domain.vm_path + "/pool_name", config.pool_name);
    t.write(domain.vm_path + "/on_poweroff", to_string(config.on_poweroff));
    t.write(domain.vm_path + "/on_reboot", to_string(config.on_reboot));
    t.write(domain.vm_path + "/on_crash", to_string(config.on_crash));
    t.write(domain.vm_path + "/on_xend_start", config.on_xend_start);
    t.write(domain.vm_path + "/on_xend_stop", config.on_xend_stop);
    t.write(domain.vm_path + "/xend/restart_count", std::to_string(domain.restart_count));
  });
}

void write_details(xc::Store& store, const DomainState& domain, std::uint64_t console_limit_bytes) {
  const auto guest = *domain.domid;
  const auto dom = domain_path(guest);
  const auto& config = domain.config;
  store.transaction([&](xc::Store& t) {
    const xc::KiB video = video_memory(config);
    t.write(dom + "/memory/static-max", std::to_string(xc::KiB(config.maxmem).value + video.value));
    t.write(dom + "/memory/target", std::to_string(xc::KiB(config.memory).value));
    t.write(dom + "/memory/videoram", std::to_string(video.value));
    if (config.type == xc::GuestType::kHvm) {
      write_firmware_settings(t, config, dom);
      t.write(domain.vm_path + "/rtc/timeoffset", std::to_string(clock_offset(config).count()));
    }
    t.write(dom + "/store/port", std::to_string(domain.store_port));
    t.write(dom + "/store/ring-ref", std::to_string(domain.store_frame));
    for (unsigned i = 0; i < config.vcpus; ++i) write_availability(t, guest, i, config.vcpu_available(i));
    const auto console = dom + "/console";
    t.write(console + "/backend-id", "0");
    t.write(console + "/limit", std::to_string(console_limit_bytes));
    t.write(console + "/type", "xenconsoled");
    t.write(console + "/output", "pty");
    t.write(console + "/tty", "");
    t.write(console + "/port", std::to_string(domain.console_port));
    t.write(console + "/ring-ref", std::to_string(domain.console_frame));
    t.write(domain.vm_path + "/start_time", fmt::format("{:.2f}", domain.start_time));
    // Read by nobody but other tools: with it `xl list` shows the domain as what it is (spec modern-xen 26.2).
    t.write("/libxl/" + std::to_string(guest) + "/type", std::string(xc::to_string(config.type)));
    write_image(t, domain, dom);
  });
}

void write_availability(xc::Store& store, xc::DomId domid, unsigned vcpu, bool online) {
  store.write(fmt::format("{}/cpu/{}/availability", domain_path(domid), vcpu), online ? "online" : "offline");
}

void write_name(xc::Store& store, const DomainState& domain) {
  store.transaction([&](xc::Store& t) {
    t.write(domain_path(*domain.domid) + "/name", domain.name);
    t.write(domain.vm_path + "/name", domain.name);
  });
}

}  // namespace xend
