// xend.domain.*: devices of one domain (spec protocols 3.4, 3.6).

#include "xend/api/method.h"
#include "xend/devices/pci_element.h"
#include "xend/devices/scsi_element.h"
#include "xend/domain/device_changes.h"
#include "xend/domain/pci_grant.h"

namespace xend {

namespace {

rpc::Value device_create(const Call& call) {
  const auto domain = domain_arg(call);
  const auto device = attach_device(call.host, domain, rpc::to_sxp(call.params[1]));
  if (domain->state().dormant) return rpc::Array{device.type, rpc::Array{"dom", rpc::Value(), "id", rpc::Value()}};
  return rpc::Array{device.type, rpc::Array{"dom", domain->running_domid(), "id", device.id}};
}

// Old clients send the word that was typed, -f.
bool force_arg(const Call& call) {
  if (has_arg(call, 3) && call.params[3].is_string()) return !call.params[3].as_string().empty();
  return bool_arg(call, 3, false);
}

rpc::Value device_destroy(const Call& call) {
  detach_device(call.host, domain_arg(call), text_arg(call, 1), text_arg(call, 2), force_arg(call),
                bool_arg(call, 4, false));
  return 0;
}

// The third argument, the device's id, follows from the element.
rpc::Value device_configure(const Call& call) {
  reconfigure_device(call.host, domain_arg(call), rpc::to_sxp(call.params[1]));
  return true;
}

// Of PCI devices, what is configured: flat, and as structs.
rpc::Value pci_devices(const Domain& domain) {
  rpc::Array devices;
  for (const PciFunction& function : pci_functions(domain.state().config)) {
    rpc::Struct device;
    const sxp::Value dev = pci_dev(function);
    for (const sxp::Value& pair : sxp::children(dev))
      device.emplace_back(std::string(sxp::head(pair)), rpc::from_sxp(pair.as_list()[1]));
    devices.push_back(std::move(device));
  }
  return devices;
}

// Of SCSI adapters, what is in the original's table: the adapter's keys, and (devs ..) with the keys of each device.
rpc::Value scsi_adapters(const Call& call, const Domain& domain) {
  const auto state = domain.state();
  const sxp::List frontends = state.dormant ? sxp::List() : call.host.devices.frontends(domain.device_owner(), "vscsi");
  const auto front_state = [&](unsigned id) -> std::string {
    for (const sxp::Value& one : frontends) {
      if (one.as_list()[0].text() != std::to_string(id)) continue;
      for (const sxp::Value& node : one.as_list()[1].as_list())
        if (sxp::is_element(node, "state") && node.as_list().size() == 2) return node.as_list()[1].text();
    }
    return "0";
  };
  rpc::Array adapters;
  for (const Device& device : state.config.devices) {
    if (device.type != "vscsi") continue;
    const std::string state_text = front_state(device.id);
    const ScsiAdapter adapter = parse_scsi(device.config);
    rpc::Array luns;
    for (const ScsiLun& lun : adapter.luns)
      luns.push_back(rpc::Array{rpc::Array{"devid", device.id}, rpc::Array{"p-dev", lun.physical.text()},
                                rpc::Array{"p-devname", lun.name}, rpc::Array{"v-dev", lun.in_guest.text()},
                                rpc::Array{"frontstate", state_text}});
    adapters.push_back(
        rpc::Array{std::to_string(device.id),
                   rpc::Array{rpc::Array{"backend-id", 0}, rpc::Array{"state", state_text},
                              rpc::Array{"feature-host", adapter.whole ? 1 : 0}, rpc::Array{"devs", std::move(luns)}}});
  }
  return adapters;
}

// Of a domain that does not run: the number of each and its element. Disks go by "vbd" whatever their type.
rpc::Value devices_at_rest(const DomainConfig& config, const std::string& type) {
  rpc::Array devices;
  for (const auto& device : config.devices) {
    const bool asked_for = device.type == type || (type == "vbd" && device.type.starts_with("tap"));
    if (asked_for) devices.push_back(rpc::Array{device.id, rpc::from_sxp(device.config)});
  }
  return devices;
}

rpc::Value device_sxprs(const Call& call) {
  const auto domain = domain_arg(call);
  const auto type = text_arg(call, 1);
  if (type == "pci") return pci_devices(*domain);
  if (type == "vscsi") return scsi_adapters(call, *domain);
  if (const auto state = domain->state(); state.dormant) return devices_at_rest(state.config, type);
  return rpc::from_sxp(call.host.devices.frontends(domain->device_owner(), type));
}

rpc::Value block_device_class(const Call& call) {
  const auto devices = domain_arg(call)->state().config.devices;
  const auto* disk = find_device(devices, "vbd", text_arg(call, 1));
  return disk ? rpc::Value(disk->type) : rpc::Value();
}

constexpr Method kMethods[] = {
    {"device_create", 2, 2, device_create},
    {"destroyDevice", 3, 5, device_destroy},
    {"device_configure", 2, 3, device_configure},
    {"getDeviceSxprs", 2, 2, device_sxprs, kReads},
    {"getBlockDeviceClass", 2, 2, block_device_class, kReads},
};

}  // namespace

std::span<const Method> device_methods() {
  return kMethods;
}

}  // namespace xend
