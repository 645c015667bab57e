// vnet-*: virtual networks, whose kernel part was never merged and whose methods xend has had in no release that speaks
// XML-RPC. The words are checked, and the server's answer is shown (spec xm-cli 2.7).
#include <unistd.h>

#include <fmt/format.h>

#include "sxp/printer.h"
#include "xm/command.h"
#include "xm/error.h"
#include "xm/obsolete.h"
#include "xm/report.h"

namespace xm {
namespace {

constexpr const char* kAdvice =
    "Virtual networks of this kind were never part of Linux. Guests on several hosts are joined with bridges over "
    "VXLAN or VLANs: see ip-link(8).";

// Named ones are asked for one by one, and what is wrong with one stands in its line.
int vnet_list(Session& xend, const Call& call) {
  std::vector<std::string> vnets = call.operands();
  if (vnets.empty()) {
    const sxp::Value all = rpc::to_sxp(call_obsolete(xend, "xend_vnets", {}, kAdvice));
    for (const sxp::Value& vnet : all.is_list() ? all.as_list() : sxp::List()) vnets.push_back(vnet.text());
    if (!call.has("long")) {
      for (const std::string& vnet : vnets) print(vnet + "\n");
      return 0;
    }
  }
  for (const std::string& vnet : vnets)
    print(sxp::pretty(rpc::to_sxp(call_obsolete(xend, "xend_vnet", {vnet}, kAdvice))));
  return 0;
}

int vnet_create(Session& xend, const Call& call) {
  if (access(call.words[0].c_str(), R_OK) != 0) {
    print(fmt::format("File not found: {}\n", call.words[0]));
    return 1;
  }
  call_obsolete(xend, "xend_vnet_create", {call.words[0]}, kAdvice);
  return 0;
}

int vnet_delete(Session& xend, const Call& call) {
  call_obsolete(xend, "xend_vnet_delete", {call.words[0]}, kAdvice);
  return 0;
}

}  // namespace

std::vector<Command> vnet_commands() {
  return {
      {.name = "vnet-list",
       .usage = "[-l|--long]",
       .description = "Lists virtual networks (no kernel has them).",
       .style = OptionStyle::kGnu,
       .options = {{'l', "long", "", "Everything that is known about them"}},
       .handler = vnet_list},
      {.name = "vnet-create",
       .usage = "<ConfigFile>",
       .description = "Creates a virtual network from a file (no kernel has them).",
       .words = exactly(1),
       .handler = vnet_create},
      {.name = "vnet-delete",
       .usage = "<VnetId>",
       .description = "Deletes a virtual network (no kernel has them).",
       .words = exactly(1),
       .handler = vnet_delete},
  };
}

}  // namespace xm
