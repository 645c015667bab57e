#include "xend/process/commands.h"

#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <optional>

// Debian 12's glibc forgot to say this in the header.
extern "C" {
#include <sys/pidfd.h>
}

#include "rpc/file_descriptor.h"
#include "xend/config/doubts.h"
#include "xend/error.h"
#include "xend/log.h"
#include "xend/process/background.h"
#include "xend/process/pid_file.h"
#include "xend/process/systemd.h"
#include "xend/process/worker.h"

namespace xend {
namespace {

// Saving guests at the stop (on_xend_stop) takes its time; a word about it comes after the first, an end to it after
// both.
constexpr int kPatienceSeconds = 10;
constexpr int kStopSeconds = 290;

// None, with a word on stderr, when the configuration cannot be used.
std::optional<LoadedOptions> load(const CommandSettings& settings) {
  try {
    LoadedOptions loaded = load_options(settings.config_file);
    if (loaded.missing)
      std::fprintf(stderr, "xend [ERROR] Config file does not exist: %s\n", settings.config_file.c_str());
    return loaded;
  } catch (const Error& e) {
    std::fprintf(stderr, "xend [ERROR] %s\n", e.what());
    log_open(settings.default_log, Level::kInfo, false);
    XEND_LOG(Error, "{}", e.what());
    log_close();
    return std::nullopt;
  }
}

void open_log(const CommandSettings& settings, const LoadedOptions& loaded) {
  log_open(loaded.options.logfile, settings.trace ? Level::kTrace : loaded.options.loglevel, writes_to_journal());
  log_to_stderr(settings.debug);
  if (loaded.missing) XEND_LOG(Warning, "Config file does not exist: {}", settings.config_file);
  for (const std::string& warning : loaded.warnings) XEND_LOG(Warning, "{}: {}", settings.config_file, warning);
}

// Beside the log, and so /var/log/xen/xend-debug.log unless `logfile` says otherwise.
std::string debug_log(const Options& options) {
  return std::filesystem::path(options.logfile).replace_filename("xend-debug.log");
}

void print_start_time() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  ::localtime_r(&now, &parts);
  std::array<char, 64> text{};
  std::strftime(text.data(), text.size(), "%a %b %e %H:%M:%S %Y", &parts);
  std::fprintf(stderr, "Xend started at %s.\n", text.data());
}

int run_in_foreground(const CommandSettings& settings, const LoadedOptions& loaded, const MakeService& make_service) {
  open_log(settings, loaded);
  return run_worker({.pid_file = settings.pid_file, .config_file = settings.config_file}, loaded.options, make_service);
}

int run_in_background(const CommandSettings& settings, const LoadedOptions& loaded, const MakeService& make_service,
                      ReadinessPipe& pipe) {
  try {
    open_log(settings, loaded);
    redirect_output(debug_log(loaded.options), settings.debug);
    print_start_time();
    const WorkerSettings worker{.pid_file = settings.pid_file,
                                .config_file = settings.config_file,
                                .ready = [&pipe] { pipe.ready(); },
                                .failed = [&pipe](const std::string& why) { pipe.failed(why); }};
    return monitor([&] { return run_worker(worker, loaded.options, make_service); });
  } catch (const std::exception& e) {
    pipe.failed(e.what());
    return 1;
  }
}

int start_with(const CommandSettings& settings, const LoadedOptions& loaded, const MakeService& make_service) {
  if (::chdir("/") != 0)
    throw Error(fmt::format("xend cannot change to the root directory: {}.", std::strerror(errno)));
  if (settings.foreground) return run_in_foreground(settings, loaded, make_service);

  ReadinessPipe pipe;
  if (detach()) ::_exit(run_in_background(settings, loaded, make_service, pipe));
  const std::string why = pipe.wait();
  if (why.empty()) return 0;
  std::fprintf(stderr, "xend did not start: %s\nMore may be in %s and %s.\n", why.c_str(),
               loaded.options.logfile.c_str(), debug_log(loaded.options).c_str());
  return 1;
}

// Not from within the unit itself: systemctl would wait for the job that waits for it.
bool is_for_systemd(const CommandSettings& settings) {
  return settings.may_delegate && !is_process_of_unit(::getpid()) && is_unit_enabled();
}

bool gone_within(const rpc::FileDescriptor& process, int seconds) {
  pollfd ended{process.get(), POLLIN, 0};
  return ::poll(&ended, 1, seconds * 1000) > 0;
}

}  // namespace

int start(const CommandSettings& settings, const MakeService& make_service) {
  const std::optional<LoadedOptions> loaded = load(settings);
  if (!loaded) return 1;
  if (!settings.foreground && running_pid(settings.pid_file)) return 0;
  if (is_for_systemd(settings)) return systemctl("start") == 0 ? 0 : 1;
  return start_with(settings, *loaded, make_service);
}

int stop(const CommandSettings& settings) {
  const std::optional<pid_t> pid = running_pid(settings.pid_file);
  if (!pid) return 0;
  const rpc::FileDescriptor process(::pidfd_open(*pid, 0));
  if (!process && errno == ESRCH) return 0;
  if (!process || ::pidfd_send_signal(process.get(), SIGTERM, nullptr, 0) != 0) {
    if (errno == ESRCH) return 0;
    throw Error(fmt::format("xend (process {}) cannot be told to stop: {}.", *pid, std::strerror(errno)));
  }
  if (gone_within(process, kPatienceSeconds)) return 0;
  std::fprintf(stderr, "Waiting for xend (process %d) to stop; it may be saving guests (on_xend_stop).\n", *pid);
  if (gone_within(process, kStopSeconds)) return 0;
  std::fprintf(
      stderr,
      "xend (process %d) has not stopped within %d seconds. The log says what it is doing; kill -9 %d ends it, "
      "and its guests go on running.\n",
      *pid, kPatienceSeconds + kStopSeconds, *pid);
  return 1;
}

int restart(const CommandSettings& settings, const MakeService& make_service) {
  const std::optional<LoadedOptions> loaded = load(settings);
  if (!loaded) return 1;
  const std::optional<pid_t> pid = running_pid(settings.pid_file);
  const bool systemd_runs_it = settings.may_delegate && pid && is_process_of_unit(*pid);
  if (systemd_runs_it) return systemctl("restart") == 0 ? 0 : 1;
  if (const int failed = stop(settings)) return failed;
  if (is_for_systemd(settings)) return systemctl("start") == 0 ? 0 : 1;
  return start_with(settings, *loaded, make_service);
}

int reload(const CommandSettings& settings) {
  const std::optional<pid_t> pid = running_pid(settings.pid_file);
  if (!pid) return 0;
  if (!load(settings)) return 1;
  if (::kill(*pid, SIGHUP) != 0 && errno != ESRCH)
    throw Error(fmt::format("xend (process {}) cannot be told to reload: {}.", *pid, std::strerror(errno)));
  return 0;
}

int status(const CommandSettings& settings) {
  return running_pid(settings.pid_file) ? 0 : 3;
}

int check_config(const std::string& file) {
  try {
    const LoadedOptions loaded = load_options(file);
    for (const std::string& warning : loaded.warnings) std::printf("%s: %s\n", file.c_str(), warning.c_str());
    for (const std::string& doubt : doubts(loaded.options)) std::printf("%s: %s\n", file.c_str(), doubt.c_str());
    if (loaded.missing) std::fprintf(stderr, "xend [ERROR] Config file does not exist: %s\n", file.c_str());
    return loaded.missing ? 1 : 0;
  } catch (const Error& e) {
    std::fprintf(stderr, "xend [ERROR] %s\n", e.what());
    return 1;
  }
}

}  // namespace xend
