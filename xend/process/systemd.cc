#include "xend/process/systemd.h"

#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <systemd/sd-daemon.h>
#include <systemd/sd-login.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <memory>
#include <vector>

namespace xend {
namespace {

constexpr const char* kUnit = "xend.service";

int run(std::vector<std::string> words) {
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  pid_t child = 0;
  if (::posix_spawnp(&child, argv[0], nullptr, nullptr, argv.data(), environ) != 0) return 1;
  int status = 0;
  while (::waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) return 1;
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

}  // namespace

void notify_ready(const std::string& status) {
  ::sd_notify(0, ("READY=1\nSTATUS=" + status).c_str());
}

void notify_reloading() {
  ::sd_notify(0, "RELOADING=1\nSTATUS=Reading the configuration again");
}

void notify_stopping() {
  ::sd_notify(0, "STOPPING=1\nSTATUS=Stopping; guests keep running");
}

void notify_watchdog() {
  ::sd_notify(0, "WATCHDOG=1");
}

std::optional<std::chrono::milliseconds> watchdog_interval() {
  std::uint64_t limit_us = 0;
  if (::sd_watchdog_enabled(0, &limit_us) <= 0) return std::nullopt;
  // Twice as often as asked, as sd_watchdog_enabled(3) advises.
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::microseconds(limit_us) / 2);
}

bool writes_to_journal() {
  return std::getenv("JOURNAL_STREAM") != nullptr;
}

bool is_process_of_unit(pid_t pid) {
  char* name = nullptr;
  const int error = ::sd_pid_get_unit(pid, &name);
  const std::unique_ptr<char, decltype(&std::free)> owner(name, std::free);
  return error >= 0 && std::string(name) == kUnit;
}

bool is_unit_enabled() {
  return ::sd_booted() > 0 && run({"systemctl", "--quiet", "is-enabled", kUnit}) == 0;
}

int systemctl(const std::string& verb) {
  return run({"systemctl", verb, kUnit});
}

}  // namespace xend
