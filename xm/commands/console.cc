// console and vncviewer: both find out where the guest's console is and hand over to another program.
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <sstream>
#include <system_error>
#include <thread>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "xm/command.h"
#include "xm/domains.h"
#include "xm/error.h"
#include "xm/programs.h"
#include "xm/report.h"
#include "xm/units.h"

namespace xm {
namespace {

std::int64_t running_domid(Session& xend, const std::string& which) {
  const Domain domain = get_domain(xend, which);
  if (!domain.id) throw Error::fault(fmt::format("Domain '{}' is not started", which));
  return *domain.id;
}

int console(Session& xend, const Call& call) {
  if (call.operands().size() != 1) throw Error::use("No domain given");
  const std::string* number = call.parsed.value("num");
  std::int64_t domid = 0;
  try {
    domid = running_domid(xend, call.operands()[0]);
  } catch (const std::exception&) {
    if (call.has("quiet")) throw Exit{1};
    throw;
  }
  replace_by_console(domid, number != nullptr ? *number : "0");
}

// The screen of a domain: where its server listens, and the password that it asks for.
struct Screen {
  std::string host, password;
  std::int64_t display = 0;
};

// Nothing while no server has said where it is (spec protocols 7.5, vfb: location LISTEN:PORT).
std::optional<Screen> find_screen(const sxp::Value& description) {
  constexpr std::int64_t kFirstPort = 5900;
  for (const sxp::Value* device : sxp::children_named(description, "device")) {
    const sxp::Value* vfb = sxp::child(*device, "vfb");
    if (vfb == nullptr) continue;
    const std::string location = sxp::child_text(*vfb, "location").value_or("");
    const std::size_t colon = location.rfind(':');
    const auto port = colon == std::string::npos ? std::nullopt : parse_int(location.substr(colon + 1));
    if (!port || *port < kFirstPort) continue;
    const std::string host = location.substr(0, colon);
    return Screen{host.empty() ? "localhost" : host, sxp::child_text(*vfb, "vncpasswd").value_or(""),
                  *port - kFirstPort};
  }
  return std::nullopt;
}

Screen wait_for_screen(Session& xend, const std::string& which) {
  using namespace std::chrono_literals;
  const auto deadline = std::chrono::steady_clock::now() + 10s;
  for (;;) {
    const sxp::Value description = describe_domain(xend, which, true);
    if (!parse_domain(description).id) throw Error::fault(fmt::format("Domain '{}' is not started", which));
    if (auto screen = find_screen(description)) return *screen;
    if (std::chrono::steady_clock::now() > deadline) {
      throw Error::die(fmt::format(
          "Domain '{}' has no screen that a viewer could show: none came within 10 seconds. Is there a vfb in its "
          "configuration, or vnc = 1?",
          which));
    }
    std::this_thread::sleep_for(200ms);
  }
}

std::string find_viewer() {
  std::vector<std::string> directories;
  const char* path = std::getenv("PATH");
  std::istringstream parts(path != nullptr ? path : "/usr/local/bin:/usr/bin:/bin");
  for (std::string directory; std::getline(parts, directory, ':');) directories.push_back(directory);
  if (const auto program = find_program("vncviewer", directories)) return *program;
  print_error("external vncviewer missing or not in the path\nExiting");
  throw Exit{255};
}

// Makes `text` what the next program reads from its standard input.
void become_input(const std::string& text) {
  std::array<int, 2> ends{};
  if (pipe(ends.data()) != 0) throw std::system_error(errno, std::generic_category(), "pipe");
  // A password is shorter than what a pipe holds: this does not block.
  if (write(ends[1], text.data(), text.size()) < 0) throw std::system_error(errno, std::generic_category(), "write");
  close(ends[1]);
  dup2(ends[0], STDIN_FILENO);
  close(ends[0]);
}

int vncviewer(Session& xend, const Call& call) {
  if (call.operands().size() != 1) throw Error::use("No domain given (or several parameters specified)");
  const bool autopass = call.has("autopass") || call.has("vncviewer-autopass");
  const Screen screen = wait_for_screen(xend, call.operands()[0]);
  std::vector<std::string> words = {fmt::format("{}:{}", screen.host, screen.display)};
  if (autopass) words.insert(words.begin(), "-autopass");
  print(fmt::format("invoking  vncviewer {}\n", fmt::join(words, " ")));
  const std::string viewer = find_viewer();
  if (autopass) become_input(screen.password + "\n");
  replace_by(viewer, words);
}

}  // namespace

std::vector<Command> console_commands() {
  return {
      {.name = "console",
       .usage = "[-q|--quiet] <Domain>",
       .description = "Connects to the console of a domain.",
       .words = {1, 3},
       .style = OptionStyle::kGnu,
       .options = {{'q', "quiet", "", "Say nothing when there is no such domain"},
                   {'n', "num", "N", "Number of the console"}},
       .handler = console},
      {.name = "vncviewer",
       .usage = "[--[vncviewer-]autopass] <Domain>",
       .description = "Opens a viewer for the screen of a domain.",
       .style = OptionStyle::kGnu,
       .options = {{0, "autopass", "", "Hand the viewer the password"},
                   {0, "vncviewer-autopass", "", "The same as --autopass"}},
       .handler = vncviewer},
  };
}

}  // namespace xm
