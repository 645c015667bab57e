#include "xend/helpers/child_process.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <system_error>
#include <utility>

namespace xend {
namespace {

void check(int error, const std::string& what) {
  if (error != 0) throw std::system_error(error, std::generic_category(), what);
}

// Above every number that the child gives its descriptors: a dup2 there must not run over a source.
Descriptor moved_up(int fd) {
  Descriptor low(fd);
  Descriptor high(::fcntl(fd, F_DUPFD_CLOEXEC, ChildProcess::kExtraDescriptor + 1));
  if (high.get() < 0) check(errno, "fcntl(F_DUPFD_CLOEXEC)");
  return high;
}

class SpawnActions {
 public:
  SpawnActions() { check(::posix_spawn_file_actions_init(&raw_), "posix_spawn_file_actions_init"); }
  ~SpawnActions() { ::posix_spawn_file_actions_destroy(&raw_); }
  SpawnActions(const SpawnActions&) = delete;
  SpawnActions& operator=(const SpawnActions&) = delete;

  void duplicate(int from, int to) { check(::posix_spawn_file_actions_adddup2(&raw_, from, to), "adddup2"); }
  void close_from(int first) { check(::posix_spawn_file_actions_addclosefrom_np(&raw_, first), "addclosefrom_np"); }
  const posix_spawn_file_actions_t* get() const { return &raw_; }

 private:
  posix_spawn_file_actions_t raw_;
};

class SpawnAttributes {
 public:
  SpawnAttributes() {
    check(::posix_spawnattr_init(&raw_), "posix_spawnattr_init");
    sigset_t all, none;
    ::sigfillset(&all);
    ::sigemptyset(&none);
    ::posix_spawnattr_setsigdefault(&raw_, &all);
    ::posix_spawnattr_setsigmask(&raw_, &none);
    ::posix_spawnattr_setpgroup(&raw_, 0);
    ::posix_spawnattr_setflags(&raw_, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP);
  }
  ~SpawnAttributes() { ::posix_spawnattr_destroy(&raw_); }
  SpawnAttributes(const SpawnAttributes&) = delete;
  SpawnAttributes& operator=(const SpawnAttributes&) = delete;

  const posix_spawnattr_t* get() const { return &raw_; }

 private:
  posix_spawnattr_t raw_;
};

}  // namespace

ChildProcess::ChildProcess(const std::string& path, const std::vector<std::string>& arguments, int extra) {
  std::array<int, 2> talk{}, errors{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, talk.data()) != 0) check(errno, "socketpair");
  conversation_ = Descriptor(talk[0]);
  const Descriptor child_talk = moved_up(talk[1]);
  if (::pipe2(errors.data(), O_CLOEXEC) != 0) check(errno, "pipe2");
  errors_ = Descriptor(errors[0]);
  const Descriptor child_errors = moved_up(errors[1]);

  SpawnActions actions;
  // First, because it may be any number, the standard ones included.
  if (extra >= 0) actions.duplicate(extra, kExtraDescriptor);
  actions.duplicate(child_talk.get(), STDIN_FILENO);
  actions.duplicate(child_talk.get(), STDOUT_FILENO);
  actions.duplicate(child_errors.get(), STDERR_FILENO);
  actions.close_from(extra >= 0 ? kExtraDescriptor + 1 : kExtraDescriptor);

  std::vector<char*> argv = {const_cast<char*>(path.c_str())};
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  const SpawnAttributes attributes;
  pid_t pid = -1;
  check(::posix_spawn(&pid, path.c_str(), actions.get(), attributes.get(), argv.data(), environ), path);
  pid_ = pid;
}

ChildProcess::~ChildProcess() {
  if (pid_ < 0) return;
  kill();
  wait();
}

void ChildProcess::kill() {
  if (pid_ > 0) ::kill(pid_, SIGKILL);
}

int ChildProcess::wait() {
  if (pid_ < 0) return status_;
  while (::waitpid(pid_, &status_, 0) < 0 && errno == EINTR) continue;
  pid_ = -1;
  return status_;
}

}  // namespace xend
