#include "xend/build/vnc_passwords.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <map>
#include <mutex>

#include "xend/build/qmp.h"
#include "xend/error.h"
#include "xend/helpers/descriptor.h"
#include "xend/helpers/spawn.h"

namespace xend {
namespace {

using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

// A device model of no machine; killed in the end.
class Trial {
 public:
  Trial(const std::string& program, const std::string& folder)
      : socket_(fmt::format("{}/qmp-trial", folder)), display_(fmt::format("{}/vnc-trial", folder)) {
    std::filesystem::create_directories(folder);
    remove_sockets();
    SpawnOrder order;
    order.path = program;
    order.arguments = {"-accel",      "qtest",
                       "-machine",    "none",
                       "-display",    "none",
                       "-qmp",        fmt::format("unix:{},server=on,wait=off", socket_),
                       "-vnc",        fmt::format("unix:{},password=on", display_),
                       "-nodefaults", "-no-user-config"};
    order.descriptors = {-1, -1, -1};
    pid_ = spawn(order);
    end_ = Descriptor(static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0)));
  }
  ~Trial() {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    remove_sockets();
  }
  Trial(const Trial&) = delete;
  Trial& operator=(const Trial&) = delete;

  bool answers(Clock::time_point deadline) const {
    while (Clock::now() < deadline) {
      try {
        Qmp(socket_, 5s);
        return true;
      } catch (const Error&) {
        // Not yet, or never: the process tells which.
        pollfd end{end_.get(), POLLIN, 0};
        if (::poll(&end, 1, 100) > 0) return false;
      }
    }
    return false;
  }

 private:
  void remove_sockets() const {
    std::error_code missing;
    std::filesystem::remove(socket_, missing);
    std::filesystem::remove(display_, missing);
  }

  std::string socket_, display_;
  pid_t pid_ = -1;
  Descriptor end_;
};

}  // namespace

bool checks_vnc_passwords(const std::string& program, const std::string& folder) {
  static std::mutex mutex;
  static std::map<std::pair<std::string, std::filesystem::file_time_type>, bool> known;
  const std::lock_guard lock(mutex);  // also for the trial: two would use one socket
  const auto key = std::pair(program, std::filesystem::last_write_time(program));
  if (const auto found = known.find(key); found != known.end()) return found->second;
  return known[key] = Trial(program, folder).answers(Clock::now() + 20s);
}

}  // namespace xend
