#include "xm/viewer.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <sstream>
#include <system_error>
#include <thread>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "xm/domains.h"
#include "xm/error.h"
#include "xm/programs.h"
#include "xm/report.h"
#include "xm/units.h"

namespace xm {
namespace {

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
    // An HVM guest's stands in its image, unless it has a vfb of its own.
    std::optional<std::string> password = sxp::child_text(*vfb, "vncpasswd");
    if (const sxp::Value* image = sxp::child_value(description, "image"); !password && image != nullptr)
      password = sxp::child_text(*image, "vncpasswd");
    return Screen{host.empty() ? "localhost" : host, password.value_or(""), *port - kFirstPort};
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

std::optional<std::string> find_viewer() {
  std::vector<std::string> directories;
  const char* path = std::getenv("PATH");
  std::istringstream parts(path != nullptr ? path : "/usr/local/bin:/usr/bin:/bin");
  for (std::string directory; std::getline(parts, directory, ':');) directories.push_back(directory);
  return find_program("vncviewer", directories);
}

std::vector<std::string> viewer_words(const Screen& screen, bool autopass) {
  std::vector<std::string> words = {fmt::format("{}:{}", screen.host, screen.display)};
  if (autopass) words.insert(words.begin(), "-autopass");
  return words;
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

// A viewer that outlives this process and its terminal.
void start_viewer(const std::string& viewer, const Screen& screen, bool autopass) {
  std::fflush(stdout);
  const pid_t child = fork();
  if (child < 0) throw std::system_error(errno, std::generic_category(), "fork");
  if (child != 0) return;
  try {
    setsid();
    const int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
    for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) dup2(nothing, fd);
    if (autopass) become_input(screen.password + "\n");
    replace_by(viewer, viewer_words(screen, autopass));
  } catch (const std::exception&) {
    _exit(1);  // nobody is there to be told
  }
}

}  // namespace

void become_viewer(Session& xend, const std::string& which, bool autopass) {
  const Screen screen = wait_for_screen(xend, which);
  const std::vector<std::string> words = viewer_words(screen, autopass);
  print(fmt::format("invoking  vncviewer {}\n", fmt::join(words, " ")));
  const auto viewer = find_viewer();
  if (!viewer) {
    print_error("external vncviewer missing or not in the path\nExiting");
    throw Exit{255};
  }
  if (autopass) become_input(screen.password + "\n");
  replace_by(*viewer, words);
}

void open_viewer(Session& xend, const std::string& which, bool autopass) {
  const auto warn = [&](const std::string& why) {
    fmt::print(stderr, "Warning: no viewer is opened for {}, as vncconsole asks: {}\n", which, why);
  };
  const char* display = std::getenv("DISPLAY");
  if (display == nullptr || *display == '\0') return warn("DISPLAY names no X display.");
  const auto viewer = find_viewer();
  if (!viewer) return warn("there is no vncviewer in the path.");
  try {
    start_viewer(*viewer, wait_for_screen(xend, which), autopass);
  } catch (const std::exception& e) {
    warn(e.what());
  }
}

}  // namespace xm
