#include "xend/domain/construction.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "xend/devices/device_class.h"
#include "xend/devices/disk_source.h"
#include "xend/devices/vbd.h"
#include "xend/devices/vif.h"
#include "xend/domain/clock.h"
#include "xend/domain/connecting.h"
#include "xend/domain/device_model.h"
#include "xend/domain/device_model_start.h"
#include "xend/domain/guest_support.h"
#include "xend/domain/managed.h"
#include "xend/domain/memory_need.h"
#include "xend/domain/pci_grant.h"
#include "xend/domain/security_label.h"
#include "xend/domain/store_layout.h"
#include "xend/domain/tear_down.h"
#include "xend/error.h"
#include "xend/log.h"

namespace xend {

namespace {

double now() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

// An HVM guest with VNC shows a frame buffer among its devices, whether its file has one or not (spec protocols 7.5).
bool wants_frame_buffer(const DomainConfig& config) {
  const auto is_frame_buffer = [](const sxp::Value& element) { return sxp::is_element(element, "vfb"); };
  return config.type == xc::GuestType::kHvm && config.image.platform_number("vnc", 0) != 0 &&
         std::none_of(config.device_elements.begin(), config.device_elements.end(), is_frame_buffer);
}

xc::MachineParams machine_params(const DomainConfig& config) {
  const auto number = [&](const char* key, long otherwise) { return config.image.platform_number(key, otherwise); };
  return {.type = config.type,
          .maximum = {config.maxmem.value + video_memory(config).value},
          .vcpus = config.vcpus,
          .tsc_mode = config.tsc_mode(),
          .timer_mode = static_cast<unsigned>(number("timer_mode", 1)),
          .viridian = static_cast<unsigned>(number("viridian", 0)),
          .hpet = number("hpet", 0) != 0,
          .vpt_align = number("vpt_align", 1) != 0};
}

// Pages that had to be cleared were another guest's: worth knowing for who runs a host with ballooning guests.
void log_left_out(const RestoreRequest& request, const RestoreResult& restored) {
  if (restored.pages_cleared == 0) {
    XEND_LOG(Info, "Domain {} ({}): {} pages of zeros were not in the image.", request.name, request.domid,
             restored.pages_left_out);
  } else {
    XEND_LOG(Info, "Domain {} ({}): {} pages of zeros were not in the image; {} of them had to be cleared.",
             request.name, request.domid, restored.pages_left_out, restored.pages_cleared);
  }
}

struct BootKernel {
  std::string path, ramdisk, arguments;
};

// The disk that a boot loader looks into.
std::string boot_disk(const DomainConfig& config) {
  for (const auto& device : config.devices) {
    if (!is_disk(device) || item(device.config, "bootable") != "1") continue;
    const DiskSource source = parse_disk_source(item(device.config, "uname"));
    if (source.is_path()) return source.params;
    if (source.by_qemu())
      throw Error(
          fmt::format("The boot loader cannot look into {}: it reads raw images and block devices (`qemu-img convert "
                      "-O raw` makes one).",
                      source.path()));
  }
  throw Error("Had a bootloader specified, but no disks are bootable");
}

// What all kinds of guests have in common.
BuildRequest build_request(const DomainState& state) {
  BuildRequest request;
  request.name = state.config.name;
  request.domid = *state.domid;
  request.type = state.config.type;
  request.memory = state.config.memory;
  request.maximum = state.config.maxmem;
  request.vcpus = state.config.vcpus;
  request.store_port = state.store_port;
  request.console_port = state.console_port;
  return request;
}

void check_readable(const std::string& path, const char* text) {
  if (access(path.c_str(), R_OK) != 0) throw Error(fmt::format("{}: {}", text, path));
}

}  // namespace

Construction::Construction(Host& host, DomainConfig config) : host_(host) {
  check_type(host_, config);
  security_sid_ = security_sid(host_.xen, config.security_label, config.name);
  if (wants_frame_buffer(config)) config.device_elements.push_back(sxp::Value::list({"vfb"}));
  for (const auto& element : config.device_elements)
    config.devices.push_back(host.devices.complete(element, config.devices, config.type));
  config.device_elements.clear();
  const bool has_console =
      std::any_of(config.devices.begin(), config.devices.end(), [](const Device& d) { return d.type == "console"; });
  if (!has_console)  // a running domain always shows one (spec protocols 7.5)
    config.devices.push_back(host.devices.complete(
        sxp::Value::list({"console", sxp::Value::list({"protocol", "vt100"}), sxp::Value::list({"location", "2"})}),
        config.devices, config.type));
  check_programs(host_, config);
  const auto promises = host_.domains.lock_promises();
  check_pci(host_, config, pci_functions(config), nullptr);
  DomainState state;
  state.config = std::move(config);
  domain_ = std::make_shared<Domain>(std::move(state));
  operation_.emplace(domain_->begin("started"));
  replaced_ = host_.domains.insert(domain_);
}

Construction::~Construction() {
  if (kept_) return;
  if (const auto domid = domain_->domid())
    XEND_LOG(Error, "Domain construction failed: {} ({}) is taken away again.", domain_->name(), *domid);
  early_.give_up();
  tear_down(host_, domain_, replaced_);
}

void Construction::make_shell() {
  const auto config = domain_->state().config;
  const auto pool = host_.pools->id_of(config.pool_name);
  memory_.emplace(host_.memory.reserve(memory_need(config), config.name,
                                       [this] { return operation_->cancellation().cancelled(); }));
  const auto announced = host_.running_state.announce(config.uuid);
  xc::DomId domid = 0;
  try {
    domid = host_.xen.create_domain({config.uuid, config.type, config.vcpus, security_sid_, pool,
                                     config.image.platform_number("nestedhvm", 0) != 0,
                                     !pci_functions(config).empty() && host_.xen.host_info().iommu});
  } catch (const xc::Error& e) {
    throw Error(fmt::format("Creating domain failed: name={}\n{}", config.name, e.what()));
  }
  XEND_LOG(Debug, "Adding Domain: {} ({})", domid, config.name);
  domain_->update([&](DomainState& s) {
    s.domid = domid;
    s.start_time = now();
    s.vm_path = choose_vm_path(host_.store, config.uuid);
    s.being_made = true;
  });
  host_.running_state.remember(domain_->state());
  write_skeleton(host_.store, domain_->state());
  host_.xen.set_max_memory(domid, memory_limit(config, config.maxmem));
  const auto store_port = host_.xen.allocate_channel(domid);
  const auto console_port = host_.xen.allocate_channel(domid);
  host_.xen.prepare_for_memory(domid, machine_params(config));
  if (config.type == xc::GuestType::kHvm) host_.xen.set_time_offset(domid, clock_offset(config));
  for (unsigned vcpu = 0; vcpu < config.vcpus && vcpu < config.cpus.size(); ++vcpu)
    if (!config.cpus[vcpu].empty()) host_.xen.pin_vcpu(domid, vcpu, config.cpus[vcpu]);
  if (config.cpu_weight != 256 || config.cpu_cap != 0)
    host_.xen.set_sched_params(domid, {config.cpu_weight, config.cpu_cap});
  domain_->update([&](DomainState& s) {
    s.store_port = store_port;
    s.console_port = console_port;
  });
}

void Construction::build() {
  const auto state = domain_->state();
  const auto& config = state.config;
  if (config.type == xc::GuestType::kHvm) return build_hvm(state);
  BootFiles chosen;  // the loader's copies, until they are read
  BootKernel kernel{config.image.kernel, config.image.ramdisk, config.image.args};
  if (!config.bootloader.empty() || config.image.kernel.empty()) {
    chosen = boot_loader(state);
    kernel = {chosen.kernel(), chosen.ramdisk(), chosen.arguments()};
  }
  check_readable(kernel.path, "Kernel image does not exist");
  if (!kernel.ramdisk.empty()) check_readable(kernel.ramdisk, "Kernel ramdisk does not exist");
  apply_cpuid_policy(config);
  XEND_LOG(Info, "buildDomain os={} dom={} vcpus={}", config.image.head, *state.domid, config.vcpus);
  BuildRequest request = build_request(state);
  request.kernel = kernel.path;
  request.ramdisk = kernel.ramdisk;
  request.cmdline = kernel.arguments;
  request.features = config.features;
  request.temporary_kernel = !chosen.kernel().empty();
  fill_memory(request);
}

// What the guest's own menu says is for this start only: the configuration keeps what it had.
BootFiles Construction::boot_loader(const DomainState& state) {
  const auto& config = state.config;
  BootLoaderRequest request;
  request.name = config.name;
  request.domid = *state.domid;
  request.program = host_.programs.boot_loader(config.bootloader);
  request.disk = boot_disk(config);
  request.kernel = config.image.kernel;
  request.ramdisk = config.image.ramdisk;
  request.hints = config.image.args;
  request.arguments = config.bootloader_args;
  request.on_terminal = [&](const std::string& terminal) {
    host_.store.write(domain_path(*state.domid) + "/console/tty", terminal);
  };
  return run_boot_loader(request, host_.boot_loader, operation_->cancellation());
}

// The firmware is what is built; kernel and ramdisk, if the file names any, are the device model's to load.
void Construction::build_hvm(const DomainState& state) {
  const auto& config = state.config;
  BuildRequest request = build_request(state);
  request.kernel = host_.programs.hvmloader(loader_of(config));
  if (const auto& kernel = config.image.kernel; !kernel.empty() && !Programs::is_hvmloader(kernel)) {
    check_readable(kernel, "Kernel image does not exist");
    if (!config.image.ramdisk.empty()) check_readable(config.image.ramdisk, "Kernel ramdisk does not exist");
  }
  request.firmware = host_.programs.firmware();
  request.apic = config.image.platform_number("apic", 1) != 0;
  request.online_vcpus = config.available_vcpus();
  apply_cpuid_policy(config);
  XEND_LOG(Info, "buildDomain os=hvm dom={} vcpus={}", *state.domid, config.vcpus);
  fill_memory(request);
}

void Construction::apply_cpuid_policy(const DomainConfig& config) {
  const auto number = [&](const char* key, long otherwise) { return config.image.platform_number(key, otherwise); };
  host_.xen.apply_cpuid_policy(domain_->running_domid(), number("pae", 1) != 0,
                               config.nomigrate() || config.tsc_mode() == 1, number("nestedhvm", 0) != 0, config.cpuid);
}

void Construction::fill_memory(const BuildRequest& request) {
  auto built = host_.helpers.build(request, operation_->cancellation());
  domain_->update([&](DomainState& s) {
    s.store_frame = built.store_frame;
    s.console_frame = built.console_frame;
    s.protocol = std::move(built.protocol);
    s.config.image.notes = std::move(built.notes);
  });
  memory_.reset();
}

void Construction::restore(int fd, std::uint64_t head) {
  domain_->update([](DomainState& s) {
    if (s.config.type == xc::GuestType::kPv && s.protocol.empty()) s.protocol = "x86_64-abi";
  });
  early_.begin(host_, *domain_, operation_->cancellation());
  const auto state = domain_->state();
  RestoreRequest request;
  request.name = state.config.name;
  request.domid = *state.domid;
  request.type = state.config.type;
  request.fd = fd;
  request.head = head;
  request.converter = host_.programs.legacy_converter();
  request.store_port = state.store_port;
  request.console_port = state.console_port;
  if (request.type == xc::GuestType::kHvm)
    request.device_state = device_state_.emplace(host_.device_state_folder, "resume", request.domid).path();
  RestoreResult restored;
  try {
    restored = host_.helpers.restore(request, operation_->cancellation());
  } catch (const std::exception&) {
    early_.check();
    throw;
  }
  early_.check();
  log_left_out(request, restored);
  domain_->update([&](DomainState& s) {
    s.store_frame = restored.store_frame;
    s.console_frame = restored.console_frame;
  });
  memory_.reset();
}

void Construction::introduce() {
  const auto state = domain_->state();
  write_details(host_.store, state, host_.options.get()->console_limit_bytes());
  give_pci_devices();
  host_.devices.write(domain_->device_owner(), early_.rest_of(state.config.devices));
  host_.store.introduce_domain(*state.domid, state.store_frame, state.store_port);
  start_device_model();
}

// What fails later ends the domain, and Xen takes its devices back.
void Construction::give_pci_devices() {
  try {
    PciGrant grant(host_, *domain_, {});
    for (const auto& function : pci_functions(domain_->state().config)) grant.give(function.address);
    grant.keep();
  } catch (...) {
    // They are not its own: somebody else may have them, so they are not to be reset with what is taken away now.
    domain_->update([](DomainState& s) {
      std::erase_if(s.config.devices, [](const Device& device) { return device.type == "pci"; });
    });
    throw;
  }
}

void Construction::start_device_model() {
  if (!xend::start_device_model(host_, *domain_, device_state_ ? device_state_->path() : "")) return;
  device_state_.reset();
  for (const auto& device : domain_->state().config.devices)
    if (is_emulated_card(device)) host_.devices.connect_tap(domain_->device_owner(), device);
}

void Construction::begin_connecting() {
  if (std::exchange(connecting_, true)) return;
  const auto rest = early_.rest_of(domain_->state().config.devices);
  domain_->set_connecting(connect_devices(host_, *domain_, rest, early_.result()));
}

void Construction::connect() {
  begin_connecting();
  domain_->connecting().get();
}

std::shared_ptr<Domain> Construction::keep() {
  domain_->update([](DomainState& s) { s.being_made = false; });
  host_.running_state.remember(domain_->state());
  begin_connecting();
  kept_ = true;
  store_managed();
  operation_.reset();
  return domain_;
}

// It runs whether its configuration can be written or not.
void Construction::store_managed() noexcept {
  try {
    if (domain_->state().managed) remember_change(host_, *domain_);
  } catch (const std::exception& e) {
    XEND_LOG(Error, "Domain {} ({}): {}", domain_->name(), domain_->domid().value_or(0), e.what());
  }
}

}  // namespace xend
