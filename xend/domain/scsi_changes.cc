#include "xend/domain/scsi_changes.h"

#include <algorithm>

#include "xend/devices/device_class.h"
#include "xend/devices/scsi_element.h"
#include "xend/domain/at_rest.h"
#include "xend/domain/change.h"
#include "xend/domain/device_changes.h"
#include "xend/domain/managed.h"
#include "xend/error.h"
#include "xend/log.h"

namespace xend {
namespace {

constexpr char kComes[] = "1", kLeaves[] = "5";

const Device* find_adapter(const DomainConfig& config, unsigned id) {
  const auto found = std::find_if(config.devices.begin(), config.devices.end(),
                                  [&](const Device& d) { return d.type == "vscsi" && d.id == id; });
  return found == config.devices.end() ? nullptr : &*found;
}

// The adapter's element with other devices.
sxp::Value with(const sxp::Value& config, const ScsiAdapter& adapter) {
  sxp::Value element = scsi_element(adapter);
  for (const char* key : {"backend", "uuid"})
    if (std::string value = item(config, key); !value.empty()) set_item(element, key, std::move(value));
  return element;
}

void set_adapter(DomainConfig& config, unsigned id, const sxp::Value& element) {
  for (Device& device : config.devices)
    if (device.type == "vscsi" && device.id == id) device.config = element;
}

// Where in the guest the devices of the request are, and what is to become of them.
struct Request {
  std::string state;
  std::vector<ScsiAddress> in_guest;
};

Request parse_request(const sxp::Value& element) {
  Request request;
  for (const sxp::Value* dev : sxp::children_named(element, "dev")) {
    const std::string text = sxp::child_text(*dev, "v-dev").value_or("");
    const auto address = ScsiAddress::parse(text);
    if (!address)
      throw Error(fmt::format("vscsi: (v-dev {}) is not an address HOST:CHANNEL:TARGET:LUN.", text.substr(0, 64)));
    request.in_guest.push_back(*address);
    request.state = sxp::child_text(*dev, "state").value_or("");
  }
  if (request.in_guest.empty()) throw Error("vscsi: there is no device in the request");
  if (request.state != kComes && request.state != kLeaves)
    throw Error(fmt::format("vscsi: (state {}) is not known: a device is to come (1) or to leave (5).",
                            request.state.substr(0, 64)));
  return request;
}

// Throws Error when one of them is not there.
ScsiAdapter without(ScsiAdapter adapter, const std::vector<ScsiAddress>& leaving) {
  for (const ScsiAddress& address : leaving)
    if (std::erase_if(adapter.luns, [&](const ScsiLun& lun) { return lun.in_guest == address; }) == 0)
      throw Error(fmt::format("Device {} not connected", address.text()));
  return adapter;
}

ScsiAdapter grown(ScsiAdapter adapter, const sxp::Value& element) {
  for (ScsiLun& lun : parse_scsi(element).luns) adapter.luns.push_back(std::move(lun));
  return parse_scsi(scsi_element(adapter));  // which refuses what is there twice
}

void change(Host& host, const std::shared_ptr<Domain>& domain, unsigned id, const ScsiAdapter& wanted) {
  if (domain->state().dormant)
    return change_at_rest(host, domain, [&](DomainConfig& config) {
      set_adapter(config, id, with(find_adapter(config, id)->config, wanted));
    });
  const Change exclusive(host, domain, "reconfigure a device of");
  const auto device = *find_adapter(domain->state().config, id);
  const auto owner = domain->device_owner();
  const auto changed =
      host.devices.reconfigure(owner, device, with(device.config, wanted), [&] { return exclusive.pointless(); });
  domain->update([&](DomainState& s) { set_adapter(s.config, id, changed.config); });
  remember_change(host, *domain);
  XEND_LOG(Info, "SCSI adapter {} of domain {} ({}) has {} devices now.", id, owner.name, owner.domid,
           wanted.luns.size());
}

}  // namespace

void reconfigure_scsi(Host& host, const std::shared_ptr<Domain>& domain, const sxp::Value& element) {
  const Request request = parse_request(element);
  const unsigned id = request.in_guest.front().host;
  const auto config = domain->state().config;
  const Device* adapter = find_adapter(config, id);
  if (request.state == kComes) {
    if (adapter == nullptr) {
      attach_device(host, domain, element);
    } else {
      change(host, domain, id, grown(parse_scsi(adapter->config), element));
    }
    return;
  }
  if (adapter == nullptr) throw Error(fmt::format("Device {} not connected", request.in_guest.front().text()));
  const ScsiAdapter staying = without(parse_scsi(adapter->config), request.in_guest);
  if (staying.luns.empty())
    detach_device(host, domain, "vscsi", std::to_string(id), false, true);
  else
    change(host, domain, id, staying);
}

}  // namespace xend
