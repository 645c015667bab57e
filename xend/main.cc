// xend(8): the command line and the environment; what the commands do is in xend/process.
#include <fmt/format.h>
#include <malloc.h>
#include <unistd.h>

#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "xend/daemon.h"
#include "xend/error.h"
#include "xend/process/commands.h"

namespace xend {
namespace {

class DaemonService : public Service {
 public:
  explicit DaemonService(Options options) : daemon_(std::move(options)) {}
  void start() override { daemon_.start(); }
  void reload(Options options) override { daemon_.reload(std::move(options)); }
  void stop() override { daemon_.stop(); }

 private:
  Daemon daemon_;
};

// A list of many guests needs some hundred kB again and again. Given back to the kernel each time, they return page by
// page, and a page fault is dear in a PV dom0: half of the time of a list of 60 guests went there.
void keep_freed_memory() {
  ::mallopt(M_ARENA_MAX, 2);
  ::mallopt(M_MMAP_THRESHOLD, 4 << 20);
  ::mallopt(M_TRIM_THRESHOLD, 16 << 20);
}

std::unique_ptr<Service> make_daemon(Options options) {
  keep_freed_memory();
  return std::make_unique<DaemonService>(std::move(options));
}

// The number in an environment variable, shown on stdout as it always was (spec xend-config section 11).
std::optional<int> environment_number(const char* name) {
  const char* const text = std::getenv(name);
  if (!text) return std::nullopt;
  const std::string_view digits(text);
  int number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error != std::errc() || end != digits.data() + digits.size())
    throw Error(fmt::format("The environment variable {} must be a number, not '{}'.", name, digits));
  std::printf("%s = %d\n", name, number);
  std::fflush(stdout);  // before what the log says
  return number;
}

void apply_environment(CommandSettings& settings) {
  const std::optional<int> debug = environment_number("XEND_DEBUG");
  const std::optional<int> daemonize = environment_number("XEND_DAEMONIZE");
  settings.config_file = config_path();
  settings.debug = debug.value_or(0) != 0;
  if (daemonize ? *daemonize == 0 : settings.debug) settings.foreground = true;
  if (debug || daemonize || std::getenv("XEND_CONFIG")) settings.may_delegate = false;
}

int run_command(const std::string& command, CommandSettings& settings) {
  apply_environment(settings);
  if (command == "start" || command == "trace_start") {
    settings.trace = command == "trace_start";
    if (settings.trace) settings.may_delegate = false;
    return start(settings, make_daemon);
  }
  if (command == "stop") return stop(settings);
  if (command == "reload") return reload(settings);
  if (command == "restart") return restart(settings, make_daemon);
  if (command == "status") return status(settings);
  std::printf("not an option: %s\n", command.c_str());
  return 1;
}

int complain_about_user() {
  const std::string line(70, '*');
  std::fprintf(stderr, "%s\n*** Xend must be run as root.\n%s\n", line.c_str(), line.c_str());
  return 1;
}

int run(const std::string& program, const std::vector<std::string>& words) {
  if (words.size() == 2 && words[0] == "--check-config") return check_config(words[1]);
  if (::geteuid() != 0) return complain_about_user();

  CommandSettings settings;
  settings.may_delegate = true;
  std::string command;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (words[i] == "--foreground") {
      settings.foreground = true;
      settings.may_delegate = false;
    } else if (words[i] == "--pidfile" && i + 1 < words.size()) {
      settings.pid_file = words[++i];
      settings.may_delegate = false;
    } else if (command.empty()) {
      command = words[i];
    }
  }
  if (command.empty() && settings.foreground) command = "start";
  if (!command.empty()) return run_command(command, settings);
  std::printf("usage: %s {start|stop|reload|restart}\n", program.c_str());
  return 1;
}

}  // namespace
}  // namespace xend

int main(int argc, char** argv) {
  // A lock or a pipe of the caller would stay open for as long as the daemon lives.
  ::close_range(STDERR_FILENO + 1, ~0U, 0);
  try {
    return xend::run(argv[0], std::vector<std::string>(argv + 1, argv + argc));
  } catch (const std::exception& e) {
    std::fprintf(stderr, "xend: %s\n", e.what());
    return 1;
  }
}
