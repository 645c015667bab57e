#include "xend/domain/usb_changes.h"

#include "xend/domain/at_rest.h"
#include "xend/domain/change.h"
#include "xend/domain/managed.h"
#include "xend/domain/usb_ports.h"
#include "xend/error.h"
#include "xend/log.h"

namespace xend {

namespace {

UsbDevice parsed(const std::string& name) {
  if (const auto device = parse_usb_device(name)) return *device;
  throw Error(fmt::format(
      "There is no USB device '{}'.\nIt is tablet, mouse, keyboard, or one of this host, as lsusb shows it: "
      "host:BUS.ADDRESS (host:1.7) or host:VENDOR:PRODUCT (host:046d:c52b).",
      name.substr(0, 64)));
}

UsbDevice plug(DomainConfig& config, const UsbDevice& device) {
  UsbPorts ports(config);
  const UsbDevice plugged = ports.plug(device);
  ports.write_to(config);
  return plugged;
}

UsbDevice pull(DomainConfig& config, const UsbDevice& device) {
  UsbPorts ports(config);
  const UsbDevice pulled = ports.pull(device);
  ports.write_to(config);
  return pulled;
}

void set_image(Domain& domain, const ImageConfig& image) {
  domain.update([&](DomainState& s) { s.config.image = image; });
}

// A device on its way into a domain; out of it again unless keep() is reached. The configuration comes first, and goes
// only when the machine certainly has no such device: state of a device that the configuration does not have cannot be
// taken over by another machine, while one without state does no harm.
class UsbArrival {
 public:
  UsbArrival(Host& host, Domain& domain, const UsbDevice& device)
      : host_(host), domain_(domain), before_(domain.state().config.image) {
    auto config = domain.state().config;
    device_ = plug(config, device);
    set_image(domain_, config.image);
  }
  ~UsbArrival() {
    if (kept_) return;
    try {
      const auto domid = domain_.running_domid();
      if (host_.device_models.has_usb(domid, device_)) host_.device_models.remove_usb(domid, device_);
      set_image(domain_, before_);
      remember_change(host_, domain_);
    } catch (const std::exception& e) {
      XEND_LOG(Error, "Domain {}: its note still has USB device {}, which could not be added: {}", domain_.name(),
               device_.name, e.what());
    }
  }
  UsbArrival(const UsbArrival&) = delete;
  UsbArrival& operator=(const UsbArrival&) = delete;

  const UsbDevice& device() const { return device_; }
  void keep() { kept_ = true; }

 private:
  Host& host_;
  Domain& domain_;
  ImageConfig before_;
  UsbDevice device_;
  bool kept_ = false;
};

}  // namespace

void add_usb_device(Host& host, const std::shared_ptr<Domain>& domain, const std::string& name) {
  const auto state = domain->state();
  if (state.config.type != xc::GuestType::kHvm) throw Error("Can't add usb device to a non-hvm guest");
  if (!has_usb(state.config)) throw Error("Can't add usb device to a guest with usb disabled in configure file");
  const UsbDevice device = parsed(name);
  if (state.dormant) return change_at_rest(host, domain, [&](DomainConfig& config) { plug(config, device); });
  const Change change(host, domain, "attach a device to");
  UsbArrival arrival(host, *domain, device);
  remember_change(host, *domain);
  host.device_models.add_usb(domain->running_domid(), arrival.device());
  arrival.keep();
  XEND_LOG(Info, "USB device {} added to domain {} ({}) at port {}.", name, state.name, domain->running_domid(),
           arrival.device().port);
}

void remove_usb_device(Host& host, const std::shared_ptr<Domain>& domain, const std::string& name) {
  const auto state = domain->state();
  if (state.config.type != xc::GuestType::kHvm) throw Error("Can't del usb to a non-hvm guest");
  const UsbDevice device = parsed(name);
  if (state.dormant) return change_at_rest(host, domain, [&](DomainConfig& config) { pull(config, device); });
  const Change change(host, domain, "detach a device from");
  auto config = domain->state().config;
  const UsbDevice pulled = pull(config, device);
  host.device_models.remove_usb(domain->running_domid(), pulled);
  set_image(*domain, config.image);
  remember_change(host, *domain);
  XEND_LOG(Info, "USB device {} taken from domain {} ({}), port {}.", pulled.name, state.name, domain->running_domid(),
           pulled.port);
}

}  // namespace xend
