#include "xend/domain/device_changes.h"

#include <algorithm>

#include "xend/devices/device_class.h"
#include "xend/domain/at_rest.h"
#include "xend/domain/change.h"
#include "xend/domain/device_model_start.h"
#include "xend/domain/managed.h"
#include "xend/domain/pci_changes.h"
#include "xend/domain/scsi_changes.h"
#include "xend/error.h"
#include "xend/log.h"

namespace xend {

namespace {

bool same_device(const Device& a, const Device& b) {
  return a.type == b.type && a.id == b.id;
}

Device find_or_throw(const DomainConfig& config, const std::string& type, const std::string& name) {
  if (const auto* device = find_device(config.devices, type, name)) return *device;
  throw Error(fmt::format("Device {} not connected", name));
}

void drop(Host& host, Domain& domain, const Device& device) {
  domain.update([&](DomainState& s) {
    std::erase_if(s.config.devices, [&](const Device& d) { return same_device(d, device); });
  });
  remember_change(host, domain);
}

// A device on its way into a domain; out of it again unless keep() is reached. The configuration comes first: a daemon
// that is killed halfway leaves a device that can be listed and taken away. With the first disk of a guest that only
// QEMU can read comes a device model.
class Arrival {
 public:
  Arrival(Host& host, Domain& domain, const Device& device) : host_(host), domain_(domain), device_(device) {
    domain_.update([&](DomainState& s) { s.config.devices.push_back(device_); });
  }
  ~Arrival() {
    if (kept_) return;
    host_.devices.release(domain_.device_owner(), device_);
    if (model_is_new_) {
      host_.device_models.stop(domain_.running_domid());
      domain_.update([](DomainState& s) { s.device_model = {}; });
    }
    try {
      drop(host_, domain_, device_);
    } catch (const std::exception& e) {
      XEND_LOG(Error, "Domain {}: its note still has device {} ({}), which could not be attached: {}", domain_.name(),
               device_.id, device_.type, e.what());
    }
  }
  Arrival(const Arrival&) = delete;
  Arrival& operator=(const Arrival&) = delete;

  void find_a_server() {
    if (domain_.state().device_model.pid == 0) model_is_new_ = start_device_model(host_, domain_, "");
  }
  void keep() { kept_ = true; }

 private:
  Host& host_;
  Domain& domain_;
  const Device& device_;
  bool model_is_new_ = false;
  bool kept_ = false;
};

Device attach_at_rest(Host& host, const std::shared_ptr<Domain>& domain, const sxp::Value& element) {
  Device device;
  change_at_rest(host, domain, [&](DomainConfig& config) {
    device = host.devices.complete(element, config.devices, config.type);
    config.devices.push_back(device);
  });
  return device;
}

void detach_at_rest(Host& host, const std::shared_ptr<Domain>& domain, const std::string& type,
                    const std::string& name) {
  change_at_rest(host, domain, [&](DomainConfig& config) {
    const auto device = find_or_throw(config, type, name);
    std::erase_if(config.devices, [&](const Device& d) { return same_device(d, device); });
  });
}

// What the element says replaces what was configured; what it does not mention stays.
void reconfigure_at_rest(Host& host, const std::shared_ptr<Domain>& domain, const sxp::Value& element) {
  change_at_rest(host, domain, [&](DomainConfig& config) {
    const auto device =
        find_or_throw(config, std::string(sxp::head(element)), sxp::child_text(element, "dev").value_or(""));
    auto changed = device.config;
    for (const auto& pair : sxp::children(element))
      if (pair.is_list() && pair.as_list().size() == 2 && sxp::head(pair) != "dev")
        set_item(changed, sxp::head(pair), pair.as_list()[1]);
    std::erase_if(config.devices, [&](const Device& d) { return same_device(d, device); });
    config.devices.push_back(host.devices.complete(changed, config.devices, config.type));
  });
}

}  // namespace

Device attach_device(Host& host, const std::shared_ptr<Domain>& domain, const sxp::Value& element) {
  if (sxp::head(element) == "pci") return attach_pci(host, domain, element);
  if (domain->state().dormant) return attach_at_rest(host, domain, element);
  const Change change(host, domain, "attach a device to");
  const auto owner = domain->device_owner();
  const auto device = host.devices.complete_more(owner, element, domain->state().config.devices);
  XEND_LOG(Debug, "createDevice: {} : {} of domain {} ({})", device.type, device.id, owner.name, owner.domid);
  Arrival arrival(host, *domain, device);
  remember_change(host, *domain);
  host.devices.write(owner, {device});
  arrival.find_a_server();
  host.devices.connect(owner, device, &change.cancellation());
  arrival.keep();
  XEND_LOG(Info, "Device {} ({}) attached to domain {} ({}).", device.id, device.type, owner.name, owner.domid);
  return device;
}

void detach_device(Host& host, const std::shared_ptr<Domain>& domain, const std::string& type, const std::string& name,
                   bool force, bool forget) {
  if (domain->state().dormant) return detach_at_rest(host, domain, type, name);
  const Change change(host, domain, "detach a device from");
  const auto owner = domain->device_owner();
  const auto device = find_or_throw(domain->state().config, type, name);
  if (device.type == "pci")
    throw Error("pci: devices are taken away one by one, by their address: xm pci-detach DOMAIN BUS:SLOT.FUNC");
  host.devices.disconnect(owner, device, force, [&] { return change.pointless(); });
  if (forget) drop(host, *domain, device);
  XEND_LOG(Info, "Device {} ({}) detached from domain {} ({}).", device.id, device.type, owner.name, owner.domid);
}

void reconfigure_device(Host& host, const std::shared_ptr<Domain>& domain, const sxp::Value& element) {
  if (sxp::head(element) == "pci") return reconfigure_pci(host, domain, element);
  if (sxp::head(element) == "vscsi") return reconfigure_scsi(host, domain, element);
  device_class(sxp::head(element));  // says why, for one that is not served at all
  if (domain->state().dormant) return reconfigure_at_rest(host, domain, element);
  const Change change(host, domain, "reconfigure a device of");
  const auto owner = domain->device_owner();
  const std::string type(sxp::head(element));
  const auto dev = sxp::child_text(element, "dev").value_or("");
  const auto device = find_or_throw(domain->state().config, type, dev);
  const auto changed = host.devices.reconfigure(owner, device, element);
  domain->update([&](DomainState& s) {
    for (Device& d : s.config.devices)
      if (same_device(d, device)) d = changed;
  });
  remember_change(host, *domain);
  XEND_LOG(Info, "Device {} ({}) of domain {} ({}) has another medium.", device.id, device.type, owner.name,
           owner.domid);
}

}  // namespace xend
