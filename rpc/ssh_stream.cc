#include "rpc/ssh_stream.h"

#include <fmt/format.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <system_error>
#include <vector>

#include "rpc/client.h"

namespace rpc {

namespace {

std::vector<std::string> ssh_words(const Uri& uri) {
  std::vector<std::string> words = {"ssh"};
  if (!uri.user.empty()) words.insert(words.end(), {"-l", uri.user});
  if (!uri.port.empty()) words.insert(words.end(), {"-p", uri.port});
  words.insert(words.end(), {uri.host, "xm serve"});
  return words;
}

// Returns 0 or an errno.
int spawn(std::vector<std::string> words, int standard_streams, pid_t& child) {
  std::vector<char*> argv;
  for (auto& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  if (const int error = ::posix_spawn_file_actions_init(&actions)) return error;
  int error = ::posix_spawn_file_actions_adddup2(&actions, standard_streams, STDIN_FILENO);
  if (error == 0) error = ::posix_spawn_file_actions_adddup2(&actions, standard_streams, STDOUT_FILENO);
  if (error == 0) error = ::posix_spawnp(&child, argv[0], &actions, nullptr, argv.data(), environ);
  ::posix_spawn_file_actions_destroy(&actions);
  return error;
}

}  // namespace

SshStream::Pair SshStream::make_pair() {
  int fds[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) != 0)
    throw std::system_error(errno, std::generic_category(), "socketpair");
  return {FileDescriptor(fds[0]), FileDescriptor(fds[1])};
}

SshStream::SshStream(const Uri& uri) : SshStream(uri, make_pair()) {}

SshStream::SshStream(const Uri& uri, Pair ends)
    : SocketStream(std::move(ends.first)), command_(fmt::format("ssh {} 'xm serve'", uri.host)) {
  if (const int error = spawn(ssh_words(uri), ends.second.get(), child_)) {
    child_ = -1;
    throw ConnectionError(
        0, fmt::format("{}, the way to xend, cannot be run: {}. Is ssh installed?", command_, std::strerror(error)));
  }
}

// Its input ends with the socket, which is enough for it, unless it waits for somebody at the terminal.
SshStream::~SshStream() {
  release();
  if (child_ < 0) return;
  ::kill(child_, SIGTERM);
  ::waitpid(child_, nullptr, 0);
}

std::size_t SshStream::read(std::span<char> buffer) {
  std::size_t count = 0;
  try {
    count = SocketStream::read(buffer);
  } catch (const std::system_error&) {  // it had not even read what it was sent
    if (answered_) throw;
  }
  if (count == 0 && !answered_) throw_ended();
  answered_ = true;
  return count;
}

void SshStream::write(std::string_view bytes) {
  try {
    SocketStream::write(bytes);
  } catch (const std::system_error&) {
    if (answered_) throw;
    throw_ended();
  }
}

void SshStream::throw_ended() {
  int status = 0;
  ::waitpid(std::exchange(child_, -1), &status, 0);
  const std::string how = WIFEXITED(status) ? fmt::format("with status {}", WEXITSTATUS(status))
                                            : fmt::format("by signal {}", WTERMSIG(status));
  throw ConnectionError(0, fmt::format("{} has ended {} before xend answered.", command_, how));
}

}  // namespace rpc
