#include "xend/helpers/legacy_conversion.h"

#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <utility>

namespace xend {
namespace {

using Clock = std::chrono::steady_clock;

constexpr uid_t kNobody = 65534;
constexpr rlim_t kMostMemory = 1 << 30;  // a batch has 4 MiB of pages; the rest is Python's
constexpr std::size_t kPiece = 256 * 1024;
constexpr int kPipeBytes = 1 << 20;             // the most that programs without privileges get
constexpr std::size_t kMostWords = 4096;        // kept of what it says
constexpr std::chrono::seconds kTimeToEnd{20};  // when it has closed its output
// What its descriptors are called there: it writes remarks to stdout.
constexpr int kIn = 3, kOut = 4;

struct Pipe {
  explicit Pipe(bool to_child) {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw system_failure("a pipe to Xen's converter cannot be made", errno);
    ours = Descriptor(ends[to_child ? 1 : 0]);
    const Descriptor other(ends[to_child ? 0 : 1]);
    ::fcntl(ours.get(), F_SETFL, O_NONBLOCK);
    ::fcntl(ours.get(), F_SETPIPE_SZ, kPipeBytes);
    // Above the numbers that it gets in the child, so that no dup2 there runs over another one.
    theirs = Descriptor(::fcntl(other.get(), F_DUPFD_CLOEXEC, kOut + 1));
    if (theirs.get() < 0) throw system_failure("a pipe to Xen's converter cannot be made", errno);
  }
  Descriptor ours, theirs;
};

// Where Debian keeps the modules of the converter, which does not look for them itself.
std::string modules_of(const std::string& program) {
  return program.substr(0, program.rfind('/')) + "/../lib/python";
}

void limit(__rlimit_resource resource, rlim_t most) {
  const rlimit both{most, most};
  ::setrlimit(resource, &both);
}

// In the child: nothing but system calls.
[[noreturn]] void become(const char* program, char* const* arguments, char* const* environment, int in, int out,
                         int errors) {
  ::setpgid(0, 0);
  const int nowhere = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  const bool ready = ::dup2(nowhere, STDIN_FILENO) >= 0 && ::dup2(nowhere, STDOUT_FILENO) >= 0 &&
                     ::dup2(errors, STDERR_FILENO) >= 0 && ::dup2(in, kIn) >= 0 && ::dup2(out, kOut) >= 0 &&
                     ::close_range(kOut + 1, ~0U, 0) == 0 && ::chdir("/") == 0;
  limit(RLIMIT_CORE, 0);
  limit(RLIMIT_FSIZE, 0);
  limit(RLIMIT_AS, kMostMemory);
  ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  if (::geteuid() == 0) {
    ::unshare(CLONE_NEWNET);
    if (::setgroups(0, nullptr) != 0 || ::setresgid(kNobody, kNobody, kNobody) != 0 ||
        ::setresuid(kNobody, kNobody, kNobody) != 0)
      ::_exit(126);
  }
  ::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);  // after the change of user, which would undo it
  if (ready) ::execve(program, arguments, environment);
  ::_exit(127);
}

int left_until(Clock::time_point deadline) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
  return static_cast<int>(std::clamp<decltype(left)>(left, 0, 1'000'000));
}

bool try_again() {
  return errno == EINTR || errno == EAGAIN;
}

}  // namespace

LegacyConversion::LegacyConversion(const std::string& program, LegacyImage image, std::chrono::milliseconds patience)
    : program_(program), image_(std::move(image)), patience_(patience) {
  Pipe in(true), out(false), errors(false);
  std::array<std::string, 10> words = {
      program, "-i", std::to_string(kIn), "-o", std::to_string(kOut), "-w", std::to_string(image_.width),
      "-g",    "pv", "--skip-qemu"};
  std::array<std::string, 4> variables = {"PATH=/usr/bin:/bin", "LC_ALL=C.UTF-8", "PYTHONDONTWRITEBYTECODE=1",
                                          "PYTHONPATH=" + modules_of(program)};
  std::array<char*, words.size() + 1> arguments{};
  std::array<char*, variables.size() + 1> environment{};
  std::transform(words.begin(), words.end(), arguments.begin(), [](std::string& word) { return word.data(); });
  std::transform(variables.begin(), variables.end(), environment.begin(), [](std::string& v) { return v.data(); });
  pid_ = ::fork();
  if (pid_ < 0) throw system_failure("Xen's converter cannot be started", errno);
  if (pid_ == 0)
    become(program.c_str(), arguments.data(), environment.data(), in.theirs.get(), out.theirs.get(),
           errors.theirs.get());
  ::setpgid(pid_, pid_);  // here as well as there: whichever comes first
  in_ = std::move(in.ours);
  out_ = std::move(out.ours);
  errors_ = std::move(errors.ours);
}

LegacyConversion::~LegacyConversion() {
  if (pid_ < 0) return;
  ::kill(-pid_, SIGKILL);
  while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) continue;
}

std::size_t LegacyConversion::read(std::span<std::byte> bytes) {
  const Deadline deadline = Clock::now() + patience_;
  while (wait_for_output(deadline)) {
    const ssize_t got = ::read(out_.get(), bytes.data(), bytes.size());
    if (got > 0) return static_cast<std::size_t>(got);
    if (got == 0 || !try_again()) break;
  }
  fail("did not convert it to its end");
}

void LegacyConversion::finish() {
  const Deadline deadline = Clock::now() + patience_;
  std::byte extra{};
  while (wait_for_output(deadline)) {
    const ssize_t got = ::read(out_.get(), &extra, 1);
    if (got > 0) fail("writes more than one image");
    if (got == 0 || !try_again()) break;
  }
  if (wait_for_end(deadline) != 0) fail("says that it did not succeed");
}

// While the program has nothing to say it is given what it wants to read: it works as fast as it is read from.
bool LegacyConversion::wait_for_output(Deadline deadline) {
  for (;;) {
    const bool hungry = in_.get() >= 0;
    const bool full = !image_.start.empty();
    std::array<pollfd, 4> ready = {{{out_.get(), POLLIN, 0},
                                    {errors_.get(), POLLIN, 0},
                                    {hungry && full ? in_.get() : -1, POLLOUT, 0},
                                    {hungry && !full && !input_ended_ ? image_.fd : -1, POLLIN, 0}}};
    const int count = ::poll(ready.data(), ready.size(), left_until(deadline));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) throw system_failure("Xen's converter cannot be waited for", errno);
    if (count == 0) {
      throw Failure("the image is of Xen 4.5 or older, and Xen's converter " + program_ + " has said nothing for " +
                    std::to_string(std::chrono::duration_cast<std::chrono::seconds>(patience_).count()) +
                    " seconds: it was ended");
    }
    if (ready[1].revents != 0) hear();
    if (ready[0].revents != 0) return true;
    if (ready[2].revents != 0) give_input();
    if (ready[3].revents != 0) take_input();
  }
}

void LegacyConversion::take_input() {
  image_.start.resize(kPiece);
  const ssize_t got = ::read(image_.fd, image_.start.data(), image_.start.size());
  const int error = errno;
  image_.start.resize(static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
  if (got < 0 && error != EINTR && error != EAGAIN) throw system_failure("the image could not be read", error);
  taken_ += image_.start.size();
  if (got != 0) return;
  input_ended_ = true;
  in_.close();
}

void LegacyConversion::give_input() {
  const ssize_t taken = ::write(in_.get(), image_.start.data(), image_.start.size());
  if (taken > 0) image_.start.erase(image_.start.begin(), image_.start.begin() + taken);
  if (taken < 0 && !try_again()) in_.close();  // it does not want any more, and tells why in another way
}

// What it says goes to the log as well.
void LegacyConversion::hear() {
  std::array<char, kMostWords> words{};
  const ssize_t got = ::read(errors_.get(), words.data(), words.size());
  if (got < 0 && try_again()) return;
  if (got <= 0) return errors_.close();
  const auto length = static_cast<std::size_t>(got);
  std::fwrite(words.data(), 1, length, stderr);
  said_.append(words.data(), length);
  if (said_.size() > kMostWords) said_.erase(0, said_.size() - kMostWords);
}

// Of a Python traceback the line that names the error, otherwise the last one.
std::string LegacyConversion::last_words() const {
  std::string words;
  bool named = false;
  for (std::size_t at = 0; at < said_.size();) {
    const std::size_t end = std::min(said_.find('\n', at), said_.size());
    const std::string line = said_.substr(at, end - at);
    at = end + 1;
    const bool names = line.find("Error: ") != line.npos;
    if (line.empty() || (named && !names)) continue;
    words = line;
    named = names;
  }
  return words;
}

void LegacyConversion::fail(const std::string& what) {
  std::string reason = "the image is of Xen 4.5 or older, and Xen's converter " + program_ + " " + what;
  if (pid_ > 0) {
    const int status = wait_for_end(Clock::now() + std::min<std::chrono::milliseconds>(patience_, kTimeToEnd));
    if (WIFSIGNALED(status)) reason += ", ended by signal " + std::to_string(WTERMSIG(status));
    if (WIFEXITED(status) && WEXITSTATUS(status) != 0)
      reason += ", ended with status " + std::to_string(WEXITSTATUS(status));
  }
  while (errors_.get() >= 0) {
    pollfd ready{errors_.get(), POLLIN, 0};
    if (::poll(&ready, 1, 0) <= 0) break;
    hear();
  }
  if (const std::string words = last_words(); !words.empty()) reason += ": " + words;
  throw Failure(reason);
}

// Its status as waitpid(2) has it; of a program that does not end in time that of one which was killed.
int LegacyConversion::wait_for_end(Deadline deadline) {
  const Descriptor end(static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0)));
  pollfd ready{end.get(), POLLIN, 0};
  while (::poll(&ready, 1, left_until(deadline)) < 0 && errno == EINTR) continue;
  if (ready.revents == 0) ::kill(-pid_, SIGKILL);
  int status = 0;
  while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) continue;
  pid_ = -1;
  return status;
}

}  // namespace xend
