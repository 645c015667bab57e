// create and new: a guest file becomes a domain.
#include <optional>
#include <system_error>

#include <fmt/format.h>

#include "sxp/printer.h"
#include "xm/command.h"
#include "xm/commands/beside_console.h"
#include "xm/commands/guest_words.h"
#include "xm/domains.h"
#include "xm/error.h"
#include "xm/report.h"
#include "xm/viewer.h"

namespace xm {
namespace {

// xend's refusal is shown without the usage block: the words were right.
[[noreturn]] void die_of(const rpc::Fault& fault) {
  if (fault.code() == static_cast<int>(rpc::FaultCode::kInvalidDomain)) {
    throw Error::die(fmt::format("the domain '{}' does not exist.", fault.what()));
  }
  throw Error::die(fault.what());
}

// Gives back what has been created so far. That something failed is being reported already.
void destroy_quietly(Session& xend, const std::string& name) {
  try {
    xend.call("xend.domain.destroy", {name});
  } catch (const std::exception&) {
  }
}

void wait_for_devices(Session& xend, const std::string& name) {
  try {
    xend.call("xend.domain.waitForDevices", {name});
  } catch (const rpc::Fault& fault) {
    destroy_quietly(xend, name);
    die_of(fault);
  } catch (const std::exception&) {
    destroy_quietly(xend, name);
    throw Error::die(fmt::format("Device creation failed for domain {}", name));
  }
}

void unpause(Session& xend, const std::string& name) {
  try {
    xend.call("xend.domain.unpause", {name});
  } catch (const std::exception&) {
    destroy_quietly(xend, name);
    throw Error::die(fmt::format("Failed to unpause domain {}", name));
  }
}

// `tell` hands on the domain's id to who waits for it; empty when nobody does.
void create_domain(Session& xend, const Guest& guest, const TellDomid& tell) {
  Domain domain;
  try {
    domain = parse_domain(rpc::to_sxp(xend.call("xend.domain.create", {rpc::from_sxp(guest.config)})));
  } catch (const rpc::Fault& fault) {
    die_of(fault);
  }
  if (tell && domain.id) tell(*domain.id);
  wait_for_devices(xend, domain.name);
  if (!guest.paused) unpause(xend, domain.name);
  if (!guest.quiet) print(fmt::format("Started domain {} (id={})\n", domain.name, domain.id_text()));
  if (guest.viewer) open_viewer(xend, domain.name, guest.viewer_autopass);
}

// This process becomes the console, so that the shell waits for it; a child creates the domain.
int create_with_console(Session& xend, const Call& call, const Guest& guest) {
  return run_beside_console(xend, call, guest.name,
                            [&](Session& own, const TellDomid& tell) { create_domain(own, guest, tell); });
}

int create(Session& xend, const Call& call) {
  const std::optional<Guest> guest = read_guest(call);
  if (!guest) return 0;
  if (guest->dry_run) {
    print(sxp::pretty(guest->config));
    return 0;
  }
  if (guest->console) return create_with_console(xend, call, *guest);
  create_domain(xend, *guest, {});
  return 0;
}

int new_domain(Session& xend, const Call& call) {
  const std::optional<Guest> guest = read_guest(call);
  if (!guest) return 0;
  if (guest->dry_run) {
    print(sxp::pretty(guest->config));
    return 0;
  }
  try {
    xend.call("xend.domain.new", {rpc::from_sxp(guest->config)});
  } catch (const rpc::Fault& fault) {
    die_of(fault);
  } catch (const rpc::ConnectionError& e) {
    if (e.error() == 0) throw;
    throw Error::die(fmt::format("[Errno {}] {}", e.error(), std::generic_category().message(e.error())));
  }
  return 0;
}

constexpr std::string_view kModuleHelp =
    "[options] [vars]\n\nTakes the settings of a domain from a guest file and from the words NAME=VALUE.\n"
    "The variables are listed by --help_config.";

}  // namespace

std::vector<Command> create_commands() {
  return {
      {.name = "create",
       .usage = "<ConfigFile> [options] [vars]",
       .description = "Creates a domain as a guest file describes it.",
       .style = OptionStyle::kOpts,
       .options = guest_options(),
       .module_help = kModuleHelp,
       .handler = create},
      {.name = "new",
       .usage = "<ConfigFile> [options] [vars]",
       .description = "Has xend manage a domain without starting it.",
       .style = OptionStyle::kOpts,
       .options = guest_options(),
       .module_help = kModuleHelp,
       .handler = new_domain},
  };
}

}  // namespace xm
