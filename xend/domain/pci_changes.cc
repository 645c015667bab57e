#include "xend/domain/pci_changes.h"

#include <algorithm>

#include "xend/devices/device_class.h"
#include "xend/domain/change.h"
#include "xend/domain/pci_grant.h"
#include "xend/error.h"
#include "xend/log.h"

namespace xend {
namespace {

std::optional<Device> find_pci(const std::vector<Device>& devices) {
  const auto found = std::find_if(devices.begin(), devices.end(), [](const Device& d) { return d.type == "pci"; });
  return found == devices.end() ? std::nullopt : std::optional(*found);
}

bool among(const PciFunction& function, const std::vector<PciFunction>& functions) {
  return std::any_of(functions.begin(), functions.end(),
                     [&](const PciFunction& f) { return f.address == function.address; });
}

std::string texts(const std::vector<PciFunction>& functions) {
  std::string text;
  for (const PciFunction& function : functions) text += (text.empty() ? "" : ", ") + function.address.text();
  return text;
}

// The same device with other functions.
Device with(Device device, const std::vector<PciFunction>& functions) {
  sxp::Value element = pci_element(functions);
  for (const char* key : {"backend", "uuid"})
    if (std::string value = item(device.config, key); !value.empty()) set_item(element, key, std::move(value));
  device.config = std::move(element);
  return device;
}

// Nothing: the domain has no PCI devices (any more).
void set_pci(Domain& domain, const std::optional<Device>& device) {
  domain.update([&](DomainState& s) {
    std::erase_if(s.config.devices, [](const Device& d) { return d.type == "pci"; });
    if (device) s.config.devices.push_back(*device);
  });
}

// Functions on their way into a domain: promised to it from here on, and no longer so unless keep() is reached. The
// configuration comes first: a daemon that is killed halfway leaves devices that can be listed and taken away.
class PciArrival {
 public:
  PciArrival(Host& host, Domain& domain, const sxp::Value& element) : host_(host), domain_(domain) {
    const auto promises = host.domains.lock_promises();
    const auto state = domain.state();
    before_ = find_pci(state.config.devices);
    functions_ = parse_pci(element);
    present_ = pci_functions(state.config);
    for (const PciFunction& function : functions_)
      if (among(function, present_))
        throw Error(fmt::format("pci: device {} has been attached! ", function.address.text()));
    check_pci(host, state.config, functions_, &domain);
    auto all = present_;
    all.insert(all.end(), functions_.begin(), functions_.end());
    device_ = before_ ? with(*before_, all) : host.devices.complete(element, state.config.devices, state.config.type);
    set_pci(domain, device_);
  }
  ~PciArrival() {
    if (kept_) return;
    set_pci(domain_, before_);
    try {
      host_.running_state.remember_now(domain_);
    } catch (const std::exception& e) {
      XEND_LOG(Error, "Domain {}: its note still has PCI devices {}, which could not be attached: {}", domain_.name(),
               texts(functions_), e.what());
    }
  }
  PciArrival(const PciArrival&) = delete;
  PciArrival& operator=(const PciArrival&) = delete;

  bool first() const { return !before_; }
  const std::vector<PciFunction>& functions() const { return functions_; }
  const std::vector<PciFunction>& present() const { return present_; }  // before
  // All that the domain has of the class, the new ones included.
  const Device& device() const { return device_; }
  const Device& before() const { return *before_; }
  void keep() { kept_ = true; }

 private:
  Host& host_;
  Domain& domain_;
  std::optional<Device> before_;
  std::vector<PciFunction> functions_, present_;
  Device device_;
  bool kept_ = false;
};

// The bus goes with its last device. The guest is asked first: one whose pcifront was cut off does not find its way to
// a new bus.
void let_bus_go(Host& host, const DeviceOwner& owner, const Device& device, const std::function<bool()>& give_up) {
  try {
    host.devices.disconnect(owner, device, false, give_up);
  } catch (const Error& e) {
    XEND_LOG(Warning, "Domain {} ({}): {}", owner.name, owner.domid, e.what());
    host.devices.release(owner, device);
  }
}

}  // namespace

Device attach_pci(Host& host, const std::shared_ptr<Domain>& domain, const sxp::Value& element) {
  const Change change(host, domain, "attach a device to");
  const auto owner = domain->device_owner();
  PciArrival arrival(host, *domain, element);
  host.running_state.remember_now(*domain);
  PciGrant grant(host, *domain, arrival.present());
  for (const PciFunction& function : arrival.functions()) grant.give(function.address);
  if (arrival.first()) {
    host.devices.write(owner, {arrival.device()});
    host.devices.connect(owner, arrival.device(), &change.cancellation());
  } else {
    host.devices.reconfigure(owner, arrival.before(), arrival.device().config, [&] { return change.pointless(); });
  }
  grant.keep();
  arrival.keep();
  XEND_LOG(Info, "PCI device {} attached to domain {} ({}).", texts(arrival.functions()), owner.name, owner.domid);
  return arrival.device();
}

void detach_pci(Host& host, const std::shared_ptr<Domain>& domain, const sxp::Value& element) {
  const Change change(host, domain, "detach a device from");
  const auto owner = domain->device_owner();
  const auto config = domain->state().config;
  const auto device = find_pci(config.devices);
  const auto present = pci_functions(config);
  const auto leaving = parse_pci(element);
  for (const PciFunction& function : leaving)
    if (!among(function, present)) throw Error(fmt::format("pci: device {} is not attached!", function.address.text()));
  auto staying = present;
  std::erase_if(staying, [&](const PciFunction& function) { return among(function, leaving); });

  const Device rest = with(*device, staying);
  host.devices.reconfigure(owner, *device, rest.config, [&] { return change.pointless(); });
  if (staying.empty()) let_bus_go(host, owner, *device, [&] { return change.pointless(); });
  {
    PciGrant taken(host, *domain, staying);
    for (const PciFunction& function : leaving) taken.take_over(function.address);
  }
  set_pci(*domain, staying.empty() ? std::nullopt : std::optional(rest));
  host.running_state.remember_now(*domain);
  XEND_LOG(Info, "PCI device {} detached from domain {} ({}).", texts(leaving), owner.name, owner.domid);
}

void reconfigure_pci(Host& host, const std::shared_ptr<Domain>& domain, const sxp::Value& element) {
  const std::string state = sxp::child_text(element, "state").value_or("");
  if (state == "Initialising") {
    attach_pci(host, domain, element);
  } else if (state == "Closing") {
    detach_pci(host, domain, element);
  } else {
    throw Error(fmt::format("pci: (state {}) is not known: a device is to come (Initialising) or to leave (Closing).",
                            state.substr(0, 64)));
  }
}

}  // namespace xend
