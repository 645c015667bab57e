#include "xend/process/worker.h"

#include <poll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <memory>

#include "rpc/file_descriptor.h"
#include "xend/error.h"
#include "xend/log.h"
#include "xend/process/pid_file.h"
#include "xend/process/systemd.h"

namespace xend {
namespace {

constexpr const char* kRunning = "Running";

// Signals as something to read. Blocked before the service makes its first thread, so that every thread has them
// blocked.
class Signals {
 public:
  Signals() {
    // What was ignored by the caller would never arrive. Helpers are waited for where they are started.
    for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGCHLD}) std::signal(signal, SIG_DFL);
    std::signal(SIGPIPE, SIG_IGN);
    sigset_t set;
    ::sigemptyset(&set);
    for (const int signal : {SIGTERM, SIGINT, SIGHUP}) ::sigaddset(&set, signal);
    ::sigprocmask(SIG_BLOCK, &set, nullptr);
    fd_.reset(::signalfd(-1, &set, SFD_CLOEXEC));
    if (!fd_) throw Error(fmt::format("xend cannot wait for signals: {}.", std::strerror(errno)));
  }

  // The next signal. Keeps systemd's watchdog quiet meanwhile.
  int next() {
    const auto interval = watchdog_interval();
    for (;;) {
      pollfd waiting{fd_.get(), POLLIN, 0};
      if (interval) notify_watchdog();
      if (::poll(&waiting, 1, interval ? static_cast<int>(interval->count()) : -1) <= 0) continue;
      signalfd_siginfo info{};
      if (::read(fd_.get(), &info, sizeof info) == sizeof info) return static_cast<int>(info.ssi_signo);
    }
  }

 private:
  rpc::FileDescriptor fd_;
};

void log_warnings(const std::string& file, const LoadedOptions& loaded) {
  for (const std::string& warning : loaded.warnings) XEND_LOG(Warning, "{}: {}", file, warning);
}

void reload(const WorkerSettings& settings, Service& service) {
  notify_reloading();
  try {
    LoadedOptions loaded = load_options(settings.config_file);
    log_warnings(settings.config_file, loaded);
    service.reload(std::move(loaded.options));
    notify_ready(kRunning);
  } catch (const std::exception& e) {
    XEND_LOG(Error, "The configuration was not reloaded, the old one stays in force. {}", e.what());
    notify_ready("Running; the last reload failed, see the log");
  }
}

// What there is while the worker runs, in the order in which it is made; the pid file outlives the service.
struct Running {
  explicit Running(const std::string& path) : pid_file(path) {}
  Signals signals;
  PidFile pid_file;
  std::unique_ptr<Service> service;
};

// Null, with the reason told everywhere, when the service does not start.
std::unique_ptr<Running> bring_up(const WorkerSettings& settings, const Options& options,
                                  const MakeService& make_service) {
  try {
    auto running = std::make_unique<Running>(settings.pid_file);
    XEND_LOG(Info, "Xend Daemon started");
    XEND_LOG(Info, "Xend changeset: {}.", XM_VERSION);
    running->service = make_service(options);
    running->service->start();
    return running;
  } catch (const std::exception& e) {
    std::fprintf(stderr, "Exception starting xend: %s\n", e.what());
    XEND_LOG(Error, "Exception starting xend ({})", e.what());
    settings.failed(e.what());
    return nullptr;
  }
}

int stop(Service& service) {
  try {
    service.stop();
    return 0;
  } catch (const std::exception& e) {
    XEND_LOG(Error, "Exception stopping xend ({})", e.what());
    return 1;
  }
}

void serve(const WorkerSettings& settings, Signals& signals, Service& service) {
  for (;;) {
    const int signal = signals.next();
    if (signal != SIGHUP) {
      XEND_LOG(Info, "Stopping on signal {}.", signal);
      return;
    }
    reload(settings, service);
  }
}

}  // namespace

int run_worker(const WorkerSettings& settings, const Options& options, const MakeService& make_service) {
  const std::unique_ptr<Running> running = bring_up(settings, options, make_service);
  if (!running) return 1;
  settings.ready();
  notify_ready(kRunning);
  serve(settings, running->signals, *running->service);
  notify_stopping();
  return stop(*running->service);
}

}  // namespace xend
