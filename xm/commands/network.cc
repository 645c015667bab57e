// network-*, network2-*.
#include <algorithm>
#include <array>
#include <span>

#include <fmt/format.h>

#include "xm/command.h"
#include "xm/commands/detach.h"
#include "xm/device_list.h"
#include "xm/domains.h"
#include "xm/error.h"
#include "xm/report.h"
#include "xm/session.h"
#include "xm/units.h"

namespace xm {
namespace {

constexpr std::array<std::string_view, 10> kVifKeys = {"type",    "mac",     "bridge", "ip",    "script",
                                                       "backend", "vifname", "rate",   "model", "accel"};
constexpr std::array<std::string_view, 10> kVif2Keys = {"front_mac",    "back_mac",         "backend",    "trusted",
                                                        "back_trusted", "front_filter_mac", "filter_mac", "bridge",
                                                        "pdev",         "max_bypasses"};

// DOMAIN KEY=VALUE...
rpc::Array interface_element(const char* type, const std::vector<std::string>& words,
                             std::span<const std::string_view> keys) {
  rpc::Array element{type};
  for (std::size_t i = 1; i < words.size(); ++i) {
    const std::size_t equals = words[i].find('=');
    const std::string key = words[i].substr(0, equals);
    const std::string value = equals == std::string::npos ? "" : words[i].substr(equals + 1);
    const bool known = std::find(keys.begin(), keys.end(), key) != keys.end();
    if (!known || value.empty() || value.find('=') != std::string::npos) {
      throw Error::use(fmt::format("Invalid argument: {}", words[i]));
    }
    element.push_back(rpc::Array{key, value});
  }
  return element;
}

int network_attach(Session& xend, const Call& call) {
  xend.call("xend.domain.device_create", {call.words[0], interface_element("vif", call.words, kVifKeys)});
  return 0;
}

bool is_mac(std::string_view text) {
  if (text.size() != 17) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool fits = i % 3 == 2 ? text[i] == ':' : std::isxdigit(static_cast<unsigned char>(text[i])) != 0;
    if (!fits) return false;
  }
  return true;
}

std::string device_of_mac(Session& xend, const std::string& domain, const std::string& mac) {
  for (const ListedDevice& device : parse_devices(device_sxps(xend, domain, "vif"))) {
    if (lower(device.text("mac")) == lower(mac)) return std::to_string(device.id);
  }
  throw Error::option_error(fmt::format("Cannot find device '{}' in domain '{}'", mac, domain));
}

int network_detach(Session& xend, const Call& call) {
  const bool force = forced(call.words);
  const std::string& domain = call.words[0];
  const std::string device = is_mac(call.words[1]) ? device_of_mac(xend, domain, call.words[1]) : call.words[1];
  xend.call("xend.domain.destroyDevice", {domain, "vif", device, force, true});
  return 0;
}

int network_list(Session& xend, const Call& call) {
  const sxp::List devices = device_sxps(xend, listed_domain(call), "vif");
  if (call.has("long")) {
    print_long(devices);
    return 0;
  }
  const std::vector<ListedDevice> vifs = parse_devices(devices);
  if (!vifs.empty()) print("Idx BE     MAC Addr.     handle state evt-ch tx-/rx-ring-ref BE-path\n");
  for (const ListedDevice& vif : vifs) {
    print(fmt::format("{:<3} {:<3}{:<17}    {:<3}   {:<3}    {:<3}   {:<5}/{:<5}   {:<30}  \n", vif.id,
                      vif.number("backend-id"), vif.text("mac"), vif.number("handle"), vif.number("state"),
                      vif.number("event-channel"), vif.number("tx-ring-ref"), vif.number("rx-ring-ref"),
                      vif.text("backend")));
  }
  return 0;
}

// A preview of another interface to xend; it is refused before its words are counted (spec xm-cli 2.7).
int only_xen_api(Session&, const Call&) {
  throw Error::die("This function is only supported by Xen-API")
      .with_advice("Bridges are made with the system's own tools: see brctl(8) and interfaces(5).");
}

constexpr const char* kNoVif2 =
    "No kernel has drivers for interfaces of the second kind (netchannel2). 'xm network-attach' gives a guest the "
    "usual kind.";

// The answer is that of a host without such drivers (spec xm-cli 5).
int network2_attach(Session& xend, const Call& call) {
  interface_element("vif2", call.words, kVif2Keys);
  get_domain(xend, call.words[0]);
  throw Error::fault("Device 0 (vif2) could not be connected. Hotplug scripts not working.").with_advice(kNoVif2);
}

int network2_detach(Session& xend, const Call& call) {
  forced(call.words);
  get_domain(xend, call.words[0]);
  throw Error::fault(fmt::format("Device {} not connected", call.words[1])).with_advice(kNoVif2);
}

int network2_list(Session& xend, const Call& call) {
  get_domain(xend, listed_domain(call));
  return 0;
}

}  // namespace

std::vector<Command> network_commands() {
  const std::vector<OptionSpec> list_options = {{'l', "long", "", "Everything that is known about them"}};
  return {
      {.name = "network-attach",
       .usage = "<Domain> [type=<type>] [mac=<mac>] [bridge=<bridge>] [ip=<ip>] [script=<script>] "
                "[backend=<BackDomain>] [vifname=<name>] [rate=<rate>] [model=<model>][accel=<accel>]",
       .description = "Gives a domain another network interface.",
       .words = {1, 11},
       .handler = network_attach},
      {.name = "network-detach",
       .usage = "<Domain> <DevId|mac> [-f|--force]",
       .description = "Takes a network interface away from a domain.",
       .words = {2, 3},
       .handler = network_detach},
      {.name = "network-list",
       .usage = "<Domain> [--long]",
       .description = "Lists the network interfaces of a domain.",
       .style = OptionStyle::kGnu,
       .options = list_options,
       .handler = network_list},
      {.name = "network-new", .handler = only_xen_api},
      {.name = "network-del", .handler = only_xen_api},
      {.name = "network-show", .handler = only_xen_api},
      {.name = "network2-attach",
       .usage = "<Domain> [front_mac=<mac>] [back_mac=<mac>] [backend=<BackDomain>] [trusted=<0|1>] "
                "[back_trusted=<0|1>] [bridge=<bridge>] [filter_mac=<0|1>] [front_filter_mac=<0|1>] [pdev=<PDEV>] "
                "[max_bypasses=n]",
       .description = "Gives a domain a network interface of the second kind.",
       .words = {1, 11},
       .handler = network2_attach},
      {.name = "network2-detach",
       .usage = "<Domain> <DevId> [-f|--force]",
       .description = "Takes a network interface of the second kind away.",
       .words = {2, 3},
       .handler = network2_detach},
      {.name = "network2-list",
       .usage = "<Domain> [--long]",
       .description = "Lists the network interfaces of the second kind.",
       .style = OptionStyle::kGnu,
       .options = list_options,
       .handler = network2_list},
  };
}

}  // namespace xm
