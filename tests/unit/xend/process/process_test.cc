// The process of xend, with a service that does nothing but tell what it is asked: start, stop, restart, reload and
// status as an administrator or an init script sees them, the monitor, and what systemd is told.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <sstream>

#include "rpc/file_descriptor.h"
#include "xend/error.h"
#include "xend/process/commands.h"
#include "xend/process/pid_file.h"

namespace xend {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr int kPatienceMs = 20'000;

std::string read_file(const fs::path& path) {
  std::ostringstream out;
  out << std::ifstream(path).rdbuf();
  return out.str();
}

// Writes one line per request into a pipe of the test.
class FakeService : public Service {
 public:
  FakeService(int events, fs::path folder, Options options)
      : events_(events), folder_(std::move(folder)), options_(std::move(options)) {}

  void start() override {
    if (fs::exists(folder_ / "refuse")) throw Error("There is no Xen here.");
    if (fs::exists(folder_ / "crash")) ::kill(::getpid(), SIGKILL);
    tell("start " + std::to_string(::getpid()));
  }
  void reload(Options options) override {
    options_ = std::move(options);
    tell("reload port " + std::to_string(options_.xend_port));
  }
  void stop() override { tell("stop"); }

 private:
  void tell(const std::string& what) const {
    ASSERT_EQ(::write(events_, (what + "\n").data(), what.size() + 1), static_cast<ssize_t>(what.size() + 1));
  }

  int events_;
  fs::path folder_;
  Options options_;
};

class Process : public testing::Test {
 protected:
  Process() {
    std::string name = "/tmp/xend-process-test-XXXXXX";
    folder_ = ::mkdtemp(name.data());
    std::array<int, 2> ends{};
    EXPECT_EQ(::pipe(ends.data()), 0);
    events_.reset(ends[0]);
    tell_.reset(ends[1]);
    settings_.pid_file = folder_ / "xend.pid";
    settings_.config_file = folder_ / "xend-config.sxp";
    settings_.default_log = folder_ / "xend.log";
    configure("(xend-port 9000)");
  }
  ~Process() override {
    EXPECT_EQ(command([&] { return stop(settings_); }), 0);
    // Every process of xend has this end of the pipe open: once the other end sees it closed they are all gone.
    tell_.reset();
    for (char c = 0; readable(kPatienceMs) && ::read(events_.get(), &c, 1) > 0;) {
    }
    fs::remove_all(folder_);
  }

  void configure(const std::string& text) {
    std::ofstream(settings_.config_file) << "(logfile " << (folder_ / "xend.log").string() << ")\n" << text << "\n";
  }

  MakeService make_service() {
    return [this](Options options) { return std::make_unique<FakeService>(tell_.get(), folder_, std::move(options)); };
  }

  // Begins what xend would do in a process of its own, its stderr in a file.
  pid_t begin(const std::function<int()>& what) {
    std::fflush(nullptr);
    const pid_t child = ::fork();
    if (child != 0) return child;
    ::dup2(::open((folder_ / "stderr").c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600), STDERR_FILENO);
    int code = 98;
    try {
      code = what();
    } catch (const std::exception& e) {
      std::fprintf(stderr, "xend: %s\n", e.what());
    }
    std::fflush(nullptr);
    ::_exit(code);
  }

  static int end(pid_t child) {
    int status = 0;
    EXPECT_EQ(::waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  }

  int command(const std::function<int()>& what) { return end(begin(what)); }
  int start_it() {
    return command([&] { return start(settings_, make_service()); });
  }

  // The next request to the service.
  std::string event() {
    std::string line;
    for (char c = 0;;) {
      if (!readable(kPatienceMs)) return "nothing happened";
      if (::read(events_.get(), &c, 1) != 1 || c == '\n') return line;
      line += c;
    }
  }
  bool silent() { return !readable(0); }
  bool readable(int milliseconds) {
    pollfd waiting{events_.get(), POLLIN, 0};
    return ::poll(&waiting, 1, milliseconds) > 0;
  }

  std::string said() const { return read_file(folder_ / "stderr"); }
  std::string log() const { return read_file(folder_ / "xend.log"); }
  pid_t pid() const { return std::stoi("0" + read_file(settings_.pid_file)); }

  fs::path folder_;
  rpc::FileDescriptor events_, tell_;
  CommandSettings settings_;
};

TEST_F(Process, StartsInTheBackgroundAndStops) {
  EXPECT_EQ(start_it(), 0);
  EXPECT_EQ(event(), "start " + std::to_string(pid()));
  EXPECT_EQ(said(), "");
  EXPECT_EQ(status(settings_), 0);
  EXPECT_THAT(log(), HasSubstr("Xend Daemon started"));
  EXPECT_THAT(read_file(folder_ / "xend-debug.log"), StartsWith("Xend started at "));

  EXPECT_EQ(command([&] { return stop(settings_); }), 0);
  EXPECT_EQ(event(), "stop");
  EXPECT_FALSE(fs::exists(settings_.pid_file));
  EXPECT_EQ(status(settings_), 3);
}

TEST_F(Process, StartedTwiceRunsOnce) {
  EXPECT_EQ(start_it(), 0);
  event();
  EXPECT_EQ(start_it(), 0);
  EXPECT_TRUE(silent());
}

TEST_F(Process, StoppingWhatDoesNotRunIsFine) {
  EXPECT_EQ(command([&] { return stop(settings_); }), 0);
}

TEST_F(Process, PidFileLeftBehindIsNotTakenForARunningXend) {
  std::ofstream(settings_.pid_file) << ::getppid();  // somebody else's process, very much alive
  EXPECT_EQ(status(settings_), 3);
  EXPECT_FALSE(fs::exists(settings_.pid_file));

  std::ofstream(settings_.pid_file) << "rubbish that is longer than the pid to come";
  EXPECT_EQ(start_it(), 0);
  EXPECT_EQ(event(), "start " + std::to_string(pid()));
}

TEST_F(Process, FailureToStartIsToldToTheCaller) {
  std::ofstream(folder_ / "refuse");
  EXPECT_EQ(start_it(), 1);
  EXPECT_THAT(said(), StartsWith("xend did not start: There is no Xen here.\n"));
  EXPECT_THAT(log(), HasSubstr("Exception starting xend (There is no Xen here.)"));
  EXPECT_THAT(read_file(folder_ / "xend-debug.log"), HasSubstr("Exception starting xend: There is no Xen here."));
  EXPECT_EQ(status(settings_), 3);
}

TEST_F(Process, BadConfigurationIsNotStartedWith) {
  configure("(xend-port many)");
  EXPECT_EQ(start_it(), 1);
  EXPECT_EQ(said(), "xend [ERROR] invalid xend config xend-port: expected int: many\n");
  configure("(xend-port 1");
  EXPECT_EQ(start_it(), 1);
  EXPECT_EQ(said(),
            "xend [ERROR] Reading config file " + settings_.config_file +
                ": line 3, column 1: unexpected EOF (the list that starts at line 2, column 1 is not closed)\n");
  EXPECT_THAT(log(), HasSubstr("line 3, column 1: unexpected EOF"));
  EXPECT_TRUE(silent());
}

TEST_F(Process, StatusAndStopDoNotNeedTheConfiguration) {
  EXPECT_EQ(start_it(), 0);
  event();
  configure("((((");
  EXPECT_EQ(status(settings_), 0);
  EXPECT_EQ(command([&] { return stop(settings_); }), 0);
  EXPECT_EQ(event(), "stop");
}

// ---- the monitor ----

TEST_F(Process, KilledWorkerIsStartedAgain) {
  EXPECT_EQ(start_it(), 0);
  event();
  const pid_t first = pid();
  ::kill(first, SIGKILL);
  EXPECT_THAT(event(), StartsWith("start "));
  EXPECT_NE(pid(), first);
  EXPECT_THAT(log(), HasSubstr("CRITICAL (background:"));
  EXPECT_THAT(log(), HasSubstr("Xend died due to signal 9!  Restarting it."));
  EXPECT_EQ(status(settings_), 0);
}

TEST_F(Process, WorkerThatKeepsDyingIsGivenUp) {
  std::ofstream(folder_ / "crash");
  EXPECT_EQ(start_it(), 1);
  EXPECT_THAT(said(), StartsWith("xend did not start: xend ended before it was ready."));
  EXPECT_THAT(log(), HasSubstr("Xend died due to signal 9, 5 times within 10 seconds of its start"));
}

// ---- restart and reload ----

TEST_F(Process, RestartReplacesTheProcess) {
  EXPECT_EQ(start_it(), 0);
  event();
  const pid_t first = pid();
  EXPECT_EQ(command([&] { return restart(settings_, make_service()); }), 0);
  EXPECT_EQ(event(), "stop");
  EXPECT_EQ(event(), "start " + std::to_string(pid()));
  EXPECT_NE(pid(), first);
}

TEST_F(Process, RestartWithABadConfigurationLeavesTheOldOneRunning) {
  EXPECT_EQ(start_it(), 0);
  event();
  configure("(xend-port many)");
  EXPECT_EQ(command([&] { return restart(settings_, make_service()); }), 1);
  EXPECT_THAT(said(), HasSubstr("expected int: many"));
  EXPECT_TRUE(silent());
  EXPECT_EQ(status(settings_), 0);
}

TEST_F(Process, ReloadReadsTheConfigurationAgain) {
  EXPECT_EQ(start_it(), 0);
  event();
  configure("(xend-port 9001)");
  EXPECT_EQ(command([&] { return reload(settings_); }), 0);
  EXPECT_EQ(event(), "reload port 9001");
}

TEST_F(Process, ReloadOfABadConfigurationKeepsTheOld) {
  EXPECT_EQ(start_it(), 0);
  event();
  configure("(xend-port many)");
  EXPECT_EQ(command([&] { return reload(settings_); }), 1);
  EXPECT_THAT(said(), HasSubstr("expected int: many"));

  ::kill(pid(), SIGHUP);  // by somebody who does not look first
  configure("(xend-port 9002)");
  ::kill(pid(), SIGHUP);
  std::string last;
  do last = event();
  while (last != "reload port 9002" && last != "nothing happened");
  EXPECT_EQ(last, "reload port 9002");
}

// ---- in the foreground, for systemd ----

class Foreground : public Process {
 protected:
  Foreground() {
    settings_.foreground = true;
    const std::string path = folder_ / "notify";
    socket_.reset(::socket(AF_UNIX, SOCK_DGRAM, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    EXPECT_EQ(::bind(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    ::setenv("NOTIFY_SOCKET", path.c_str(), 1);
  }
  ~Foreground() override { ::unsetenv("NOTIFY_SOCKET"); }

  std::string notified() {
    std::array<char, 256> text{};
    pollfd waiting{socket_.get(), POLLIN, 0};
    if (::poll(&waiting, 1, kPatienceMs) <= 0) return "nothing happened";
    const ssize_t n = ::recv(socket_.get(), text.data(), text.size(), 0);
    return {text.data(), static_cast<std::size_t>(std::max<ssize_t>(n, 0))};
  }

  rpc::FileDescriptor socket_;
};

TEST_F(Foreground, IsTheProcessThatWasStartedAndTellsSystemd) {
  const pid_t child = begin([&] { return start(settings_, make_service()); });
  EXPECT_EQ(event(), "start " + std::to_string(child));
  EXPECT_EQ(notified(), "READY=1\nSTATUS=Running");
  EXPECT_EQ(pid(), child);
  EXPECT_EQ(status(settings_), 0);

  ::kill(child, SIGHUP);
  EXPECT_EQ(event(), "reload port 9000");
  EXPECT_THAT(notified(), StartsWith("RELOADING=1"));
  EXPECT_EQ(notified(), "READY=1\nSTATUS=Running");

  ::kill(child, SIGTERM);
  EXPECT_EQ(event(), "stop");
  EXPECT_THAT(notified(), StartsWith("STOPPING=1"));
  EXPECT_EQ(end(child), 0);
  EXPECT_FALSE(fs::exists(settings_.pid_file));
}

TEST_F(Foreground, FailedReloadIsSeenInTheStatus) {
  const pid_t child = begin([&] { return start(settings_, make_service()); });
  event();
  notified();
  configure("(xend-port many)");
  ::kill(child, SIGHUP);
  EXPECT_THAT(notified(), StartsWith("RELOADING=1"));
  EXPECT_THAT(notified(), HasSubstr("the last reload failed"));
  EXPECT_THAT(log(), HasSubstr("the old one stays in force. invalid xend config xend-port: expected int: many"));
  ::kill(child, SIGTERM);
  EXPECT_EQ(end(child), 0);
}

TEST_F(Foreground, StopsForTheStopCommandToo) {
  const pid_t child = begin([&] { return start(settings_, make_service()); });
  event();
  EXPECT_EQ(command([&] { return stop(settings_); }), 0);
  EXPECT_EQ(end(child), 0);
}

TEST_F(Foreground, SecondOneSaysThatOneIsRunning) {
  const pid_t child = begin([&] { return start(settings_, make_service()); });
  event();
  EXPECT_EQ(start_it(), 1);
  EXPECT_THAT(said(), HasSubstr("xend is already running (process " + std::to_string(child) + ")."));
  EXPECT_EQ(pid(), child);
  EXPECT_TRUE(silent());
  ::kill(child, SIGTERM);
  EXPECT_EQ(end(child), 0);
}

TEST_F(Foreground, KeepsTheWatchdogQuiet) {
  ::setenv("WATCHDOG_USEC", "20000", 1);
  const pid_t child = begin([&] { return start(settings_, make_service()); });
  ::unsetenv("WATCHDOG_USEC");
  event();
  EXPECT_THAT(notified(), StartsWith("READY=1"));
  for (int i = 0; i < 3; ++i) EXPECT_EQ(notified(), "WATCHDOG=1");
  ::kill(child, SIGTERM);
  EXPECT_EQ(end(child), 0);
}

TEST_F(Foreground, DebuggingShowsTheLogOnStderr) {
  settings_.debug = true;
  const pid_t child = begin([&] { return start(settings_, make_service()); });
  event();
  ::kill(child, SIGTERM);
  EXPECT_EQ(end(child), 0);
  EXPECT_THAT(said(), HasSubstr("[xend] INFO (worker:"));
}

// ---- checking a file ----

TEST_F(Process, CheckOfAConfigurationFile) {
  EXPECT_EQ(check_config(settings_.config_file), 0);
  configure("(xend-port many)");
  EXPECT_EQ(command([&] { return check_config(settings_.config_file); }), 1);
  EXPECT_THAT(said(), HasSubstr("expected int: many"));
  EXPECT_EQ(command([&] { return check_config(folder_ / "none"); }), 1);
  EXPECT_THAT(said(), HasSubstr("Config file does not exist: "));
}

}  // namespace
}  // namespace xend
