#include "xend/process/background.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstring>

#include "xend/error.h"
#include "xend/log.h"

namespace xend {
namespace {

using Clock = std::chrono::steady_clock;

constexpr char kReady = '0';
constexpr char kFailed = '1';

// A worker that dies sooner than this, so many times on end, will not do better the next time.
constexpr std::chrono::seconds kQuickDeath{10};
constexpr int kQuickDeaths = 5;

pid_t fork_or_throw() {
  std::fflush(nullptr);  // otherwise both write what is buffered
  const pid_t pid = ::fork();
  if (pid < 0) throw Error(fmt::format("xend cannot start another process: {}.", std::strerror(errno)));
  return pid;
}

sigset_t watched_signals() {
  sigset_t set;
  ::sigemptyset(&set);
  for (const int signal : {SIGCHLD, SIGTERM, SIGINT, SIGHUP}) ::sigaddset(&set, signal);
  return set;
}

// Waits for `child` to end, sending on what else arrives. Returns its wait status.
int await(pid_t child) {
  const sigset_t signals = watched_signals();
  for (;;) {
    int status = 0;
    if (::waitpid(child, &status, WNOHANG) == child) return status;
    const int signal = ::sigwaitinfo(&signals, nullptr);
    if (signal > 0 && signal != SIGCHLD) ::kill(child, signal);
  }
}

}  // namespace

ReadinessPipe::ReadinessPipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0)
    throw Error(fmt::format("xend cannot make a pipe to its daemon: {}.", std::strerror(errno)));
  read_.reset(ends[0]);
  write_.reset(ends[1]);
}

void ReadinessPipe::report(const std::string& text) {
  // Nobody may be left to read it; the daemon goes on all the same.
  if (write_) [[maybe_unused]]
    const ssize_t n = ::write(write_.get(), text.data(), text.size());
  write_.reset();
}

void ReadinessPipe::ready() {
  report(std::string(1, kReady));
}

void ReadinessPipe::failed(const std::string& why) {
  report(kFailed + why);
}

std::string ReadinessPipe::wait() {
  write_.reset();
  std::string text;
  std::array<char, 512> buffer{};
  for (;;) {
    const ssize_t n = ::read(read_.get(), buffer.data(), buffer.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break;
    text.append(buffer.data(), static_cast<std::size_t>(n));
    if (text[0] == kReady) return "";
  }
  return text.size() > 1 ? text.substr(1) : "xend ended before it was ready.";
}

bool detach() {
  const pid_t child = fork_or_throw();
  if (child > 0) {
    int status = 0;
    while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    return false;
  }
  ::setsid();
  // Not a session leader any more: it can never get a controlling terminal.
  if (::fork() != 0) ::_exit(0);
  return true;
}

void redirect_output(const std::string& debug_log, bool stdout_too) {
  const rpc::FileDescriptor null(::open("/dev/null", O_RDWR | O_CLOEXEC));
  const rpc::FileDescriptor debug(::open(debug_log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666));
  if (!null || !debug) throw Error(fmt::format("Xend failed to open {}.  Exiting!", null ? debug_log : "/dev/null"));
  ::dup2(null.get(), STDIN_FILENO);
  ::dup2(stdout_too ? debug.get() : null.get(), STDOUT_FILENO);
  ::dup2(debug.get(), STDERR_FILENO);
}

int monitor(const std::function<int()>& worker) {
  // What was ignored by the caller (nohup, an old init script) would never be seen here.
  for (const int signal : {SIGCHLD, SIGTERM, SIGINT, SIGHUP}) std::signal(signal, SIG_DFL);
  const sigset_t signals = watched_signals();
  sigset_t before;
  ::sigprocmask(SIG_BLOCK, &signals, &before);

  for (int quick_deaths = 0;;) {
    const Clock::time_point started = Clock::now();
    const pid_t child = fork_or_throw();
    if (child == 0) {
      ::sigprocmask(SIG_SETMASK, &before, nullptr);
      ::_exit(worker());
    }
    const int status = await(child);
    if (WIFEXITED(status)) {
      XEND_LOG(Info, "Xend exited with status {}.", WEXITSTATUS(status));
      return WEXITSTATUS(status);
    }
    const int signal = WTERMSIG(status);
    if (signal == SIGINT || signal == SIGTERM) {
      XEND_LOG(Info, "Xend stopped due to signal {}.", signal);
      return 0;
    }
    quick_deaths = Clock::now() - started < kQuickDeath ? quick_deaths + 1 : 0;
    if (quick_deaths >= kQuickDeaths) {
      XEND_LOG(Critical,
               "Xend died due to signal {}, {} times within {} seconds of its start: it is not started again.", signal,
               quick_deaths, kQuickDeath.count());
      return 1;
    }
    XEND_LOG(Critical, "Xend died due to signal {}!  Restarting it.", signal);
  }
}

}  // namespace xend
