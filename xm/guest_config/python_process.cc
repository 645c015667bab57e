#include "xm/guest_config/python_process.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <system_error>

#include <fmt/format.h>

#include "xm/error.h"
#include "xm/guest_config/descriptor.h"
#include "xm/programs.h"

namespace xm::guest_config {
namespace {

using Clock = std::chrono::steady_clock;

constexpr rlim_t kMostMemory = 512 * 1024 * 1024;
constexpr std::size_t kLongestAnswer = 4 * 1024 * 1024;
constexpr std::size_t kMostPrinted = 1024 * 1024;
constexpr int kAnswer = 3;  // what the script calls the descriptor for its answer

[[noreturn]] void fail(const char* call) {
  throw std::system_error(errno, std::generic_category(), call);
}

// Numbers above those that the child's descriptors get, so that no dup2 there runs over another's source.
Descriptor moved_up(Descriptor low) {
  Descriptor high(fcntl(low.get(), F_DUPFD_CLOEXEC, kAnswer + 1));
  if (high.get() < 0) fail("fcntl");
  return high;
}

struct Pipe {
  Pipe() {
    std::array<int, 2> ends{};
    if (pipe2(ends.data(), O_CLOEXEC) != 0) fail("pipe2");
    read_end = Descriptor(ends[0]);
    write_end = moved_up(Descriptor(ends[1]));
    fcntl(read_end.get(), F_SETFL, O_NONBLOCK);
  }
  Descriptor read_end, write_end;
};

// A file in memory, to be read from its beginning: no pipe that could fill up while nobody reads.
Descriptor file_with(const std::string& text) {
  Descriptor file(memfd_create("guest-file", MFD_CLOEXEC));
  if (file.get() < 0) fail("memfd_create");
  for (std::size_t at = 0; at < text.size();) {
    const ssize_t count = write(file.get(), text.data() + at, text.size() - at);
    if (count < 0) fail("write");
    at += static_cast<std::size_t>(count);
  }
  if (lseek(file.get(), 0, SEEK_SET) != 0) fail("lseek");
  return moved_up(std::move(file));
}

// The interpreter. Going out of scope before it has ended kills it and what it has started.
class Interpreter {
 public:
  Interpreter(const PythonRunner& runner, const Descriptor& in, const Descriptor& out, const Descriptor& answer) {
    const std::array<const char*, 6> argv = {runner.python.c_str(), "-IB",  "-W", "ignore",
                                             runner.script.c_str(), nullptr};
    pid_ = fork();
    if (pid_ < 0) fail("fork");
    if (pid_ == 0) become(argv.data(), in.get(), out.get(), answer.get());
    setpgid(pid_, pid_);  // here as well as there: whichever comes first
    ended_ = Descriptor(static_cast<int>(syscall(SYS_pidfd_open, pid_, 0)));  // glibc 2.36 declares it for C only
    if (ended_.get() < 0) {
      const int error = errno;
      kill_all();
      throw std::system_error(error, std::generic_category(), "pidfd_open");
    }
  }
  ~Interpreter() { kill_all(); }
  Interpreter(const Interpreter&) = delete;
  Interpreter& operator=(const Interpreter&) = delete;

  int ended() const { return ended_.get(); }  // becomes readable when it has

  // Waits for its end and returns its status as waitpid(2) does. What it has started and left behind goes on.
  int wait() {
    int status = 0;
    while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    pid_ = -1;
    return status;
  }

 private:
  // Between fork and exec nothing but system calls.
  [[noreturn]] static void become(const char* const* argv, int in, int out, int answer) {
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);  // an interrupted xm takes it along
    const rlimit memory{kMostMemory, kMostMemory};
    setrlimit(RLIMIT_AS, &memory);
    const bool ready = dup2(in, STDIN_FILENO) >= 0 && dup2(out, STDOUT_FILENO) >= 0 && dup2(answer, kAnswer) >= 0 &&
                       close_range(kAnswer + 1, ~0U, 0) == 0;
    if (ready) execv(argv[0], const_cast<char* const*>(argv));
    _exit(127);
  }

  void kill_all() {
    if (pid_ <= 0) return;
    kill(-pid_, SIGKILL);
    wait();
  }

  pid_t pid_ = -1;  // -1: it has ended and been waited for
  Descriptor ended_;
};

// One of the interpreter's streams, read as it comes.
struct Stream {
  Descriptor descriptor;
  std::string& text;
  std::size_t limit;

  // All that is there now. False when there is more than the limit, which the text then has.
  bool read_available() {
    char buffer[16384];
    while (descriptor.get() >= 0) {
      const ssize_t count = read(descriptor.get(), buffer, std::min(sizeof buffer, limit - text.size() + 1));
      if (count < 0 && errno == EINTR) continue;
      if (count < 0 && errno == EAGAIN) return true;
      if (count <= 0) {
        descriptor = Descriptor();
        return true;
      }
      const std::size_t room = limit - text.size();
      text.append(buffer, std::min(static_cast<std::size_t>(count), room));
      if (static_cast<std::size_t>(count) > room) return false;
    }
    return true;
  }
};

std::string request(const std::string& path, const std::string& source, const Namespace& script_variables) {
  const auto field = [](const std::string& text) { return fmt::format("{}:{}", text.size(), text); };
  std::string all = field(path) + field(source);
  for (const auto& [name, value] : script_variables) {
    if (value.as_string() != nullptr) all += field(name) + field(*value.as_string());
  }
  return all;
}

// Reads both streams until the interpreter has ended. Throws Error at a limit.
void read_until_end(const Interpreter& interpreter, Stream& answer, Stream& printed, const std::string& path,
                    std::chrono::milliseconds time_limit) {
  const Clock::time_point deadline = Clock::now() + time_limit;
  for (bool ended = false; !ended;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
    std::array<pollfd, 3> ready = {{{interpreter.ended(), POLLIN, 0},
                                    {answer.descriptor.get(), POLLIN, 0},
                                    {printed.descriptor.get(), POLLIN, 0}}};
    const int count = left > 0 ? poll(ready.data(), ready.size(), static_cast<int>(left)) : 0;
    if (count < 0 && errno != EINTR) fail("poll");
    if (count == 0) {
      throw Error::die(fmt::format(
          "{} was still running after {} seconds and has been ended: it has a loop without an end, or waits "
          "for something.",
          path, std::chrono::duration<double>(time_limit).count()));
    }
    ended = count > 0 && ready[0].revents != 0;  // looked at first: what it wrote before its end is read below
    if (!answer.read_available()) throw Error::die(fmt::format("{} sets more than 4 MiB of variables.", path));
    if (!printed.read_available()) throw Error::die(fmt::format("{} prints more than 1 MiB.", path));
  }
}

}  // namespace

PythonRunner installed_runner() {
  const char* script = std::getenv("XM_GUEST_FILE_RUNNER");
  return {.python = find_program("python3").value_or(""),
          .script = script != nullptr ? script : LIBEXECDIR "/run_guest_file.py"};
}

std::string run_python(const PythonRunner& runner, const std::string& path, const std::string& source,
                       const Namespace& script_variables, std::string& printed) {
  if (access(runner.script.c_str(), R_OK) != 0) {
    throw Error::die(fmt::format("{} is needed for {} and cannot be read: {}. Is xm installed completely?",
                                 runner.script, path, std::generic_category().message(errno)));
  }
  std::string answer;
  const Descriptor in = file_with(request(path, source, script_variables));
  Pipe answer_pipe, printed_pipe;
  Stream answer_stream{std::move(answer_pipe.read_end), answer, kLongestAnswer};
  Stream printed_stream{std::move(printed_pipe.read_end), printed, kMostPrinted};
  Interpreter interpreter(runner, in, printed_pipe.write_end, answer_pipe.write_end);  // ends before the streams do
  answer_pipe.write_end = Descriptor();
  printed_pipe.write_end = Descriptor();
  read_until_end(interpreter, answer_stream, printed_stream, path, runner.time_limit);

  const int status = interpreter.wait();
  if (WIFSIGNALED(status)) {
    throw Error::die(fmt::format("{} ended with signal {} while it ran {}.", runner.python, WTERMSIG(status), path));
  }
  if (answer.empty()) {
    throw Error::die(fmt::format("{} ended with status {} and without an answer while it ran {}.", runner.python,
                                 WEXITSTATUS(status), path));
  }
  return answer;
}

}  // namespace xm::guest_config
