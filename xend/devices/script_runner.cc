#include "xend/devices/script_runner.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>

#include "xend/error.h"
#include "xend/helpers/descriptor.h"
#include "xend/helpers/spawn.h"

namespace xend {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::size_t kLongestOutput = 64 * 1024;

std::string message(int error) {
  return std::generic_category().message(error);
}

[[noreturn]] void cannot_run(const std::string& path, int error) {
  throw Error(fmt::format("Hotplug script {} cannot be run: {}.", path, message(error)));
}

// A running script: killed with its group and reaped unless it was waited for.
class Script {
 public:
  Script(const ScriptCall& call, int output) {
    SpawnOrder order;
    order.path = call.path;
    order.arguments = call.arguments;
    order.descriptors = {-1, output, output};
    order.environment.emplace();
    for (const auto& [name, value] : call.environment) order.environment->push_back(name + "=" + value);
    try {
      pid_ = spawn(order);
    } catch (const std::system_error& e) {
      cannot_run(call.path, e.code().value());
    }
    // A tenth of what others get: a lock that it holds (iptables') is still given back soon.
    constexpr int kNice = 10;
    if (!call.hurried) ::setpriority(PRIO_PGRP, static_cast<id_t>(pid_), kNice);
  }
  Script(const Script&) = delete;
  Script& operator=(const Script&) = delete;
  ~Script() {
    if (pid_ > 0) {
      kill();
      wait();
    }
  }

  // A file that becomes readable when the script ends.
  Descriptor end_event() const { return Descriptor(static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0))); }

  void kill() const { ::kill(-pid_, SIGKILL); }

  // 128 + signal, or the exit status.
  int wait() {
    int status = 0;
    while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    pid_ = -1;
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  }

 private:
  pid_t pid_ = -1;
};

// Appends what is there. False at the end of the output.
bool read_some(int fd, std::string& output) {
  std::array<char, 4096> buffer;
  for (;;) {
    const ssize_t n = ::read(fd, buffer.data(), buffer.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return errno == EAGAIN;
    if (n == 0) return false;
    const std::size_t room = kLongestOutput - std::min(kLongestOutput, output.size());
    output.append(buffer.data(), std::min(room, static_cast<std::size_t>(n)));
  }
}

int milliseconds_until(Clock::time_point deadline) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
  return static_cast<int>(std::clamp<std::int64_t>(left, 0, 3'600'000));
}

// Collects output until the script ends; false when the deadline comes first, or `stop` is readable. Something in the
// background may hold the output open for longer, hence the two events.
bool collect(int end_event, int output_fd, int stop, Clock::time_point deadline, std::string& output) {
  std::array<pollfd, 3> events{pollfd{end_event, POLLIN, 0}, pollfd{output_fd, POLLIN, 0}, pollfd{stop, POLLIN, 0}};
  for (;;) {
    const int ready = ::poll(events.data(), events.size(), milliseconds_until(deadline));
    if (ready < 0 && errno != EINTR) throw std::system_error(errno, std::generic_category(), "poll");
    if (ready > 0 && events[1].revents != 0 && !read_some(output_fd, output)) events[1].fd = -1;
    if (ready > 0 && events[0].revents != 0) return true;
    if (ready > 0 && events[2].revents != 0) return false;
    if (Clock::now() >= deadline) return false;
  }
}

}  // namespace

ScriptResult ProcessScriptRunner::run(const ScriptCall& call, std::chrono::milliseconds limit) {
  const auto deadline = Clock::now() + limit;
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) cannot_run(call.path, errno);
  const Descriptor output(ends[0]);
  Descriptor input(ends[1]);
  ::fcntl(output.get(), F_SETFL, O_NONBLOCK);

  Script script(call, input.get());
  input.close();
  const Descriptor end_event = script.end_event();
  if (end_event.get() < 0) cannot_run(call.path, errno);

  ScriptResult result;
  result.timed_out = !collect(end_event.get(), output.get(), call.stop, deadline, result.output);
  if (result.timed_out) script.kill();
  result.status = script.wait();
  read_some(output.get(), result.output);
  return result;
}

}  // namespace xend
