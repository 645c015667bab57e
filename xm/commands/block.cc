// block-attach, block-detach, block-list, block-configure.
#include <fmt/format.h>

#include "xm/command.h"
#include "xm/commands/detach.h"
#include "xm/device_list.h"
#include "xm/report.h"
#include "xm/session.h"

namespace xm {
namespace {

// DOMAIN BACKDEV FRONTDEV MODE [BACKDOMAIN]
rpc::Value disk_element(const std::vector<std::string>& words) {
  const std::string& source = words[1];
  const char* type = source.starts_with("tap2:") ? "tap2" : source.starts_with("tap:") ? "tap" : "vbd";
  rpc::Array disk{type, rpc::Array{"uname", source}, rpc::Array{"dev", words[2]}, rpc::Array{"mode", words[3]}};
  if (words.size() > 4) disk.push_back(rpc::Array{"backend", words[4]});
  return disk;
}

int block_attach(Session& xend, const Call& call) {
  xend.call("xend.domain.device_create", {call.words[0], disk_element(call.words)});
  return 0;
}

int block_configure(Session& xend, const Call& call) {
  xend.call("xend.domain.device_configure", {call.words[0], disk_element(call.words)});
  return 0;
}

int block_detach(Session& xend, const Call& call) {
  const bool force = forced(call.words);
  const rpc::Value type = xend.call("xend.domain.getBlockDeviceClass", {call.words[0], call.words[1]});
  xend.call("xend.domain.destroyDevice",
            {call.words[0], type.is_string() ? type : rpc::Value("vbd"), call.words[1], force, true});
  return 0;
}

int block_list(Session& xend, const Call& call) {
  const sxp::List devices = device_sxps(xend, listed_domain(call), "vbd");
  if (call.has("long")) {
    print_long(devices);
    return 0;
  }
  const std::vector<ListedDevice> disks = parse_devices(devices);
  if (!disks.empty()) print("Vdev  BE handle state evt-ch ring-ref BE-path\n");
  for (const ListedDevice& disk : disks) {
    print(fmt::format("{:<5}  {:<3}  {:<3}   {:<3}    {:<3}    {:<5} {:<30}  \n", disk.id, disk.number("backend-id"),
                      disk.number("handle"), disk.number("state"), disk.number("event-channel"),
                      disk.number("ring-ref"), disk.text("backend")));
  }
  return 0;
}

}  // namespace

std::vector<Command> block_commands() {
  return {
      {.name = "block-attach",
       .usage = "<Domain> <BackDev> <FrontDev> <Mode> [BackDomain]",
       .description = "Gives a domain another disk.",
       .words = {4, 5},
       .handler = block_attach},
      {.name = "block-detach",
       .usage = "<Domain> <DevId> [-f|--force]",
       .description = "Takes a disk away from a domain.",
       .words = {2, 3},
       .handler = block_detach},
      {.name = "block-list",
       .usage = "<Domain> [--long]",
       .description = "Lists the disks of a domain.",
       .style = OptionStyle::kGnu,
       .options = {{'l', "long", "", "Everything that is known about them"}},
       .handler = block_list},
      {.name = "block-configure",
       .usage = "<Domain> <BackDev> <FrontDev> <Mode> [BackDomain]",
       .description = "Changes the medium in a domain's CD-ROM drive.",
       .words = {4, 5},
       .handler = block_configure},
  };
}

}  // namespace xm
