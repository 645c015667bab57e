// create and new: a guest file becomes a domain.
#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <optional>
#include <system_error>

#include <fmt/format.h>

#include "sxp/printer.h"
#include "xm/command.h"
#include "xm/commands/guest_words.h"
#include "xm/domains.h"
#include "xm/error.h"
#include "xm/programs.h"
#include "xm/report.h"
#include "xm/viewer.h"

namespace xm {
namespace {

constexpr int kLookAgain = 300;  // milliseconds

// Where the child tells the process that is to become the console which domain it has created.
class DomainPipe {
 public:
  DomainPipe() {
    if (pipe2(ends_, O_CLOEXEC) != 0) throw std::system_error(errno, std::generic_category(), "pipe");
  }
  ~DomainPipe() {
    close_end(0);
    close_end(1);
  }
  DomainPipe(const DomainPipe&) = delete;
  DomainPipe& operator=(const DomainPipe&) = delete;

  void tell(std::int64_t domid) const {
    // Nobody is there to be told any more after the timeout; then it does not matter.
    [[maybe_unused]] const ssize_t written = write(ends_[1], &domid, sizeof domid);
  }

  enum class Outcome { kCreated, kChildEnded, kNothingYet };

  // What the child has to tell; `domid` is set when it has created a domain.
  Outcome wait(std::int64_t& domid) {
    close_end(1);
    pollfd readable{ends_[0], POLLIN, 0};
    if (poll(&readable, 1, kLookAgain) != 1) return Outcome::kNothingYet;
    const ssize_t count = read(ends_[0], &domid, sizeof domid);
    return count == static_cast<ssize_t>(sizeof domid) ? Outcome::kCreated : Outcome::kChildEnded;
  }

 private:
  void close_end(int end) {
    if (ends_[end] >= 0) close(ends_[end]);
    ends_[end] = -1;
  }

  int ends_[2] = {-1, -1};
};

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

// `console`: who waits for the domain's id; null when nobody does.
void create_domain(Session& xend, const Guest& guest, const DomainPipe* console) {
  Domain domain;
  try {
    domain = parse_domain(rpc::to_sxp(xend.call("xend.domain.create", {rpc::from_sxp(guest.config)})));
  } catch (const rpc::Fault& fault) {
    die_of(fault);
  }
  if (console != nullptr && domain.id) console->tell(*domain.id);
  wait_for_devices(xend, domain.name);
  if (!guest.paused) unpause(xend, domain.name);
  if (!guest.quiet) print(fmt::format("Started domain {} (id={})\n", domain.name, domain.id_text()));
  if (guest.viewer) open_viewer(xend, domain.name, guest.viewer_autopass);
}

// The id of a domain; nothing when there is none of that name, or it has no id yet.
std::optional<std::int64_t> id_of(Session& xend, const std::string& name) {
  try {
    return get_domain(xend, name).id;
  } catch (const rpc::Fault&) {
    return std::nullopt;
  }
}

// Until the child has created the domain, or has failed to. A boot loader's menu is on the console while xend is still
// at it, so the domain is looked for by its name as well. How long that takes is up to the host, and to whoever sits
// before the menu: there is no limit, where the original gave up after ten seconds.
DomainPipe::Outcome wait_for_domain(Session& xend, const Guest& guest, bool was_there, DomainPipe& pipe,
                                    std::int64_t& domid) {
  for (;;) {
    const DomainPipe::Outcome outcome = pipe.wait(domid);
    if (outcome != DomainPipe::Outcome::kNothingYet) return outcome;
    if (was_there) continue;
    if (const auto id = id_of(xend, guest.name)) {
      domid = *id;
      return DomainPipe::Outcome::kCreated;
    }
  }
}

// This process becomes the console, so that the shell waits for it; a child creates the domain.
int create_with_console(Session& xend, const Call& call, const Guest& guest) {
  const bool was_there = id_of(xend, guest.name).has_value();
  DomainPipe pipe;
  std::fflush(stdout);
  const pid_t child = fork();
  if (child < 0) throw std::system_error(errno, std::generic_category(), "fork");
  if (child == 0) {
    int status = 0;
    try {
      Session own(server_uri());  // a connection cannot be shared with the parent
      create_domain(own, guest, &pipe);
    } catch (...) {
      status = report_exception(call.command, call.command.name);
    }
    std::fflush(stdout);
    _exit(status);
  }
  std::int64_t domid = 0;
  if (wait_for_domain(xend, guest, was_there, pipe, domid) == DomainPipe::Outcome::kCreated)
    replace_by_console(domid, "0");
  int status = 0;
  if (waitpid(child, &status, 0) != child || !WIFEXITED(status)) return 1;
  return WEXITSTATUS(status);
}

int create(Session& xend, const Call& call) {
  const std::optional<Guest> guest = read_guest(call);
  if (!guest) return 0;
  if (guest->dry_run) {
    print(sxp::pretty(guest->config));
    return 0;
  }
  if (guest->console) return create_with_console(xend, call, *guest);
  create_domain(xend, *guest, nullptr);
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
