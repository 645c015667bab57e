// scsi-attach, scsi-detach, scsi-list.
#include <algorithm>
#include <array>
#include <charconv>
#include <tuple>

#include <fmt/format.h>

#include "xm/command.h"
#include "xm/device_list.h"
#include "xm/error.h"
#include "xm/guest_config/host.h"
#include "xm/report.h"
#include "xm/session.h"

namespace xm {
namespace {

// States of the handshake between the two ends of a device, as Xen numbers them.
constexpr int kInitialising = 1, kClosing = 5;

using Address = std::array<std::int64_t, 4>;

// H:C:T:L; whatever is no number counts as 0, as only sorting and the adapter's number need them.
Address numbers(std::string_view text) {
  Address address{};
  for (std::int64_t& part : address) {
    std::from_chars(text.data(), text.data() + text.size(), part);
    const std::size_t colon = text.find(':');
    text.remove_prefix(colon == std::string_view::npos ? text.size() : colon + 1);
  }
  return address;
}

struct Assignment {
  rpc::Value physical, name;  // nil when a device is taken away
  std::string in_guest;       // H:C:T:L
};

rpc::Array pair(const char* name, rpc::Value value) {
  return {name, std::move(value)};
}

rpc::Array element(const std::vector<Assignment>& assignments, bool whole_adapter, int state) {
  rpc::Array vscsi{"vscsi", pair("feature-host", whole_adapter ? 1 : 0)};
  for (const Assignment& a : assignments) {
    vscsi.push_back(rpc::Array{"dev", pair("state", state), pair("devid", numbers(a.in_guest)[0]),
                               pair("p-dev", a.physical), pair("p-devname", a.name), pair("v-dev", a.in_guest)});
  }
  return vscsi;
}

void check_address(const std::string& text) {
  if (std::ranges::count(text, ':') != 3) throw Error::option_error(fmt::format("Invalid argument: {}", text));
}

// One device, or with "host" all that the adapter of that device has, under the addresses that they have here.
std::vector<Assignment> assignments(const std::string& physical, const std::string& in_guest) {
  const auto devices = guest_config::this_host().scsi_devices();
  const std::string name = physical.starts_with("/dev/") ? physical.substr(5) : physical;
  const auto found = std::ranges::find_if(devices, [&](const guest_config::ScsiDevice& device) {
    return device.address == physical || std::ranges::find(device.names, name) != device.names.end();
  });
  if (found == devices.end()) throw Error::option_error(fmt::format("Cannot find device '{}'", physical));
  std::vector<Assignment> result;
  for (const auto& device : devices) {
    const bool wanted =
        in_guest == "host" ? numbers(device.address)[0] == numbers(found->address)[0] : &device == &*found;
    if (wanted)
      result.push_back({device.address, device.names.empty() ? rpc::Value() : rpc::Value(device.names[0]),
                        in_guest == "host" ? device.address : in_guest});
  }
  return result;
}

int scsi_attach(Session& xend, const Call& call) {
  const bool whole_adapter = call.words[2] == "host";
  if (!whole_adapter) check_address(call.words[2]);
  rpc::Array vscsi = element(assignments(call.words[1], call.words[2]), whole_adapter, kInitialising);
  if (call.words.size() == 4) vscsi.push_back(pair("backend", call.words[3]));
  xend.call("xend.domain.device_configure", {call.words[0], vscsi});
  return 0;
}

int scsi_detach(Session& xend, const Call& call) {
  check_address(call.words[1]);
  xend.call("xend.domain.device_configure", {call.words[0], element({{{}, {}, call.words[1]}}, false, kClosing)});
  return 0;
}

struct Row {
  Address in_guest;
  std::string text;
};

// The devices of one adapter: (devs ((p-dev ..) (p-devname ..) (v-dev ..) (frontstate ..))...).
void add_rows(std::vector<Row>& rows, const ListedDevice& adapter) {
  for (const sxp::Value& node : adapter.nodes.is_list() ? adapter.nodes.as_list() : sxp::List()) {
    if (!sxp::is_element(node, "devs") || node.as_list().size() < 2 || !node.as_list()[1].is_list()) continue;
    for (const sxp::Value& device : node.as_list()[1].as_list()) {
      const ListedDevice listed{adapter.id, device};
      rows.push_back(
          {numbers(listed.text("v-dev")),
           fmt::format("{:<3} {:<3} {:<5} {:<4}  {:<10} {:<5} {:<10} {:<4}\n", adapter.id, adapter.number("backend-id"),
                       adapter.number("state"), adapter.number("feature-host"), listed.text("p-dev"),
                       listed.text("p-devname"), listed.text("v-dev"), listed.text("frontstate"))});
    }
  }
}

int scsi_list(Session& xend, const Call& call) {
  const sxp::List devices = device_sxps(xend, listed_domain(call), "vscsi");
  if (call.has("long")) {
    print_long(devices);
    return 0;
  }
  std::vector<Row> rows;
  for (const ListedDevice& adapter : parse_devices(devices)) add_rows(rows, adapter);
  std::ranges::stable_sort(rows, {}, &Row::in_guest);
  if (!devices.empty())
    print(fmt::format("{:<3} {:<3} {:<5} {:<4}  {:<10} {:<5} {:<10} {:<4}\n", "Idx", "BE", "state", "host", "phy-hctl",
                      "phy", "vir-hctl", "devstate"));
  for (const Row& row : rows) print(row.text);
  return 0;
}

}  // namespace

std::vector<Command> scsi_commands() {
  return {
      {.name = "scsi-attach",
       .usage = "<Domain> <PhysDevice> <VirtDevice> [BackDomain]",
       .description = "Gives a domain a SCSI device of the host.",
       .words = {3, 4},
       .handler = scsi_attach},
      {.name = "scsi-detach",
       .usage = "<Domain> <VirtDevice>",
       .description = "Takes a SCSI device away from a domain.",
       .words = exactly(2),
       .handler = scsi_detach},
      {.name = "scsi-list",
       .usage = "<Domain> [--long]",
       .description = "Lists the SCSI devices of a domain.",
       .style = OptionStyle::kGnu,
       .options = {{'l', "long", "", "Everything that is known about them"}},
       .handler = scsi_list},
  };
}

}  // namespace xm
