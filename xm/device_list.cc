#include "xm/device_list.h"

#include "sxp/printer.h"
#include "xm/error.h"
#include "xm/help.h"
#include "xm/report.h"
#include "xm/units.h"

namespace xm {
namespace {

// The text of a pair (NODE VALUE); null when there is none, or the node is a directory.
const sxp::Value* value_of(const sxp::Value& nodes, std::string_view node) {
  if (!nodes.is_list()) return nullptr;
  for (const sxp::Value& pair : nodes.as_list()) {
    if (sxp::is_element(pair, node) && pair.as_list().size() > 1 && !pair.as_list()[1].is_list())
      return &pair.as_list()[1];
  }
  return nullptr;
}

[[noreturn]] void refuse(const Call& call, const char* why) {
  print(why);
  print(usage(call.command));
  throw Exit{1};
}

}  // namespace

std::int64_t ListedDevice::number(std::string_view node) const {
  const sxp::Value* value = value_of(nodes, node);
  const auto number = value != nullptr ? parse_int(value->text()) : std::nullopt;
  return number.value_or(node == "handle" ? 0 : -1);
}

std::string ListedDevice::text(std::string_view node) const {
  const sxp::Value* value = value_of(nodes, node);
  return value != nullptr ? value->text() : "??";
}

std::string listed_domain(const Call& call) {
  if (call.operands().empty()) refuse(call, "No domain parameter given\n");
  if (call.operands().size() > 1) refuse(call, "No multiple domain parameters allowed\n");
  return call.operands()[0];
}

sxp::List device_sxps(Session& xend, const std::string& domain, const std::string& type) {
  const sxp::Value devices = rpc::to_sxp(xend.call("xend.domain.getDeviceSxprs", {domain, type}));
  return devices.is_list() ? devices.as_list() : sxp::List();
}

std::vector<ListedDevice> parse_devices(const sxp::List& devices) {
  std::vector<ListedDevice> parsed;
  for (const sxp::Value& device : devices) {
    if (!device.is_list() || device.as_list().size() < 2) continue;
    if (const auto id = parse_int(device.as_list()[0].text())) parsed.push_back({*id, device.as_list()[1]});
  }
  return parsed;
}

void print_long(const sxp::List& devices) {
  for (const sxp::Value& device : devices) print(sxp::pretty(device));
}

}  // namespace xm
