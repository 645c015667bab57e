#include "xend/helpers/spawn.h"

#include <fcntl.h>
#include <spawn.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <system_error>

#include "xend/helpers/descriptor.h"

namespace xend {
namespace {

void check(int error, const std::string& what) {
  if (error != 0) throw std::system_error(error, std::generic_category(), what);
}

class SpawnActions {
 public:
  SpawnActions() { check(::posix_spawn_file_actions_init(&raw_), "posix_spawn_file_actions_init"); }
  ~SpawnActions() { ::posix_spawn_file_actions_destroy(&raw_); }
  SpawnActions(const SpawnActions&) = delete;
  SpawnActions& operator=(const SpawnActions&) = delete;
  posix_spawn_file_actions_t* get() { return &raw_; }

 private:
  posix_spawn_file_actions_t raw_;
};

class SpawnAttributes {
 public:
  explicit SpawnAttributes(bool own_session) {
    check(::posix_spawnattr_init(&raw_), "posix_spawnattr_init");
    sigset_t all, none;
    ::sigfillset(&all);
    ::sigemptyset(&none);
    ::posix_spawnattr_setsigdefault(&raw_, &all);
    ::posix_spawnattr_setsigmask(&raw_, &none);
    ::posix_spawnattr_setpgroup(&raw_, 0);
    const int group = own_session ? POSIX_SPAWN_SETSID : POSIX_SPAWN_SETPGROUP;
    ::posix_spawnattr_setflags(&raw_, static_cast<short>(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | group));
  }
  ~SpawnAttributes() { ::posix_spawnattr_destroy(&raw_); }
  SpawnAttributes(const SpawnAttributes&) = delete;
  SpawnAttributes& operator=(const SpawnAttributes&) = delete;
  const posix_spawnattr_t* get() const { return &raw_; }

 private:
  posix_spawnattr_t raw_;
};

std::vector<char*> pointers(const std::vector<std::string>& texts) {
  std::vector<char*> result;
  for (const std::string& text : texts) result.push_back(const_cast<char*>(text.c_str()));
  result.push_back(nullptr);
  return result;
}

}  // namespace

pid_t spawn(const SpawnOrder& order) {
  const int count = static_cast<int>(order.descriptors.size());
  SpawnActions actions;
  // Copies above every number that the child gives its descriptors: a dup2 there must not run over a source.
  std::vector<Descriptor> copies;
  for (int to = 0; to < count; ++to) {
    const int from = order.descriptors[static_cast<std::size_t>(to)];
    if (from < 0) {
      check(::posix_spawn_file_actions_addopen(actions.get(), to, "/dev/null", O_RDWR, 0), "addopen");
      continue;
    }
    copies.emplace_back(::fcntl(from, F_DUPFD_CLOEXEC, count));
    if (copies.back().get() < 0) check(errno, "fcntl(F_DUPFD_CLOEXEC)");
    check(::posix_spawn_file_actions_adddup2(actions.get(), copies.back().get(), to), "adddup2");
  }
  if (!order.terminal.empty()) {
    check(::posix_spawn_file_actions_addopen(actions.get(), 0, order.terminal.c_str(), O_RDWR, 0), "addopen");
    for (int to : {1, 2}) check(::posix_spawn_file_actions_adddup2(actions.get(), 0, to), "adddup2");
  }
  check(::posix_spawn_file_actions_addclosefrom_np(actions.get(), order.terminal.empty() ? count : 3),
        "addclosefrom_np");
  check(::posix_spawn_file_actions_addchdir_np(actions.get(), order.folder.c_str()), "addchdir_np");

  std::vector<std::string> arguments = {order.path};
  arguments.insert(arguments.end(), order.arguments.begin(), order.arguments.end());
  std::vector<char*> environment;
  if (order.environment) environment = pointers(*order.environment);
  const SpawnAttributes attributes(order.own_session);
  pid_t pid = -1;
  check(::posix_spawn(&pid, order.path.c_str(), actions.get(), attributes.get(), pointers(arguments).data(),
                      order.environment ? environment.data() : environ),
        order.path);
  return pid;
}

}  // namespace xend
