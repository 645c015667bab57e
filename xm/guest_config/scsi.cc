#include "xm/guest_config/scsi.h"

#include <algorithm>

#include <fmt/format.h>

#include "xm/error.h"
#include "xm/guest_config/fields.h"
#include "xm/units.h"

namespace xm::guest_config {
namespace {

sxp::Value pair(std::string_view name, sxp::Value value) {
  return sxp::Value::list({name, std::move(value)});
}

struct Assignment {
  ScsiDevice device;
  std::string address;  // of the device in the guest: H:C:T:L
};

struct Adapter {
  std::string number;  // in the guest
  bool whole = false;  // an adapter of this host with all that is attached to it
  std::string backend;
  std::vector<Assignment> assignments;
};

bool is_address(const std::string& text) {
  const std::vector<std::string> parts = split(text, ':');
  return parts.size() == 4 && std::ranges::all_of(parts, [](const std::string& part) {
           return !part.empty() && part.find_first_not_of("0123456789") == std::string::npos;
         });
}

std::string adapter_of(const std::string& address) {
  return address.substr(0, address.find(':'));
}

ScsiDevice find_device(const std::string& name, const std::vector<ScsiDevice>& devices) {
  const std::string short_name = name.starts_with("/dev/") ? name.substr(5) : name;
  for (const ScsiDevice& device : devices) {
    if (device.address == name || std::ranges::find(device.names, short_name) != device.names.end()) return device;
  }
  throw Error::die(fmt::format("Cannot find device \"{}\"", name));
}

// What one entry gives: one device, or all of an adapter.
std::vector<Assignment> assignments_of(const std::string& physical, const std::string& in_guest, const Host& host) {
  const std::vector<ScsiDevice> devices = host.scsi_devices();
  const ScsiDevice device = find_device(physical, devices);
  if (in_guest != "host") return {{device, in_guest}};
  std::vector<Assignment> all;
  for (const ScsiDevice& other : devices) {
    if (adapter_of(other.address) == adapter_of(device.address)) all.push_back({other, other.address});
  }
  return all;
}

void check_new(const std::vector<Adapter>& adapters, const Assignment& assignment) {
  for (const Adapter& adapter : adapters) {
    for (const Assignment& other : adapter.assignments) {
      if (other.device.address == assignment.device.address) {
        throw Error::die(fmt::format("The physical device \"{}\" is already defined", other.device.address));
      }
      if (other.address == assignment.address) {
        throw Error::die(fmt::format("The virtual device \"{}\" is already defined", other.address));
      }
    }
  }
}

void add(std::vector<Adapter>& adapters, const Assignment& assignment, bool whole, const std::string& backend) {
  check_new(adapters, assignment);
  const std::string number = adapter_of(assignment.address);
  auto adapter = std::ranges::find(adapters, number, &Adapter::number);
  if (adapter == adapters.end()) adapter = adapters.insert(adapter, {number, whole, backend, {}});
  const auto differs = [&](const char* what) {
    return Error::die(fmt::format("The physical device \"{}\" cannot define because {} is different",
                                  assignment.device.address, what));
  };
  if (adapter->whole != whole) throw differs("mode");
  if (adapter->backend != backend) throw differs("backend");
  adapter->assignments.push_back(assignment);
}

sxp::Value element(const Adapter& adapter) {
  sxp::List vscsi = {"vscsi", pair("feature-host", adapter.whole ? 1 : 0)};
  for (const Assignment& a : adapter.assignments) {
    vscsi.push_back(sxp::Value::list(
        {"dev", pair("state", 1), pair("devid", adapter.number), pair("p-dev", a.device.address),
         pair("p-devname", a.device.names.empty() ? "" : a.device.names[0]), pair("v-dev", a.address)}));
  }
  if (!adapter.backend.empty()) vscsi.push_back(pair("backend", adapter.backend));
  return vscsi;
}

}  // namespace

sxp::List scsi_configs(const std::vector<std::string>& entries, const Host& host) {
  std::vector<Adapter> adapters;
  for (const std::string& entry : entries) {
    std::vector<std::string> fields = split(entry, ',');
    for (std::string& field : fields) field = std::string(strip(field));
    const bool is_good = (fields.size() == 2 || fields.size() == 3) && !fields[0].empty() &&
                         (fields[1] == "host" || is_address(fields[1]));
    if (!is_good) throw Error::die(fmt::format("vscsi syntax error \"{}\"", entry));
    fields.resize(3);
    for (const Assignment& assignment : assignments_of(fields[0], fields[1], host)) {
      add(adapters, assignment, fields[1] == "host", fields[2]);
    }
  }
  sxp::List elements;
  for (const Adapter& adapter : adapters) elements.push_back(element(adapter));
  return elements;
}

}  // namespace xm::guest_config
