#include "xm/image_reader.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <system_error>

#include <fmt/format.h>

#include "rpc/file_descriptor.h"
#include "sxp/parser.h"
#include "xm/error.h"

namespace xm {
namespace {

constexpr std::size_t kLongestReport = 1024 * 1024;

[[noreturn]] void fail(const std::string& program, const std::string& path, const std::string& why) {
  throw Error::die(fmt::format("{}, which xm needs for {}, {}", program, path, why));
}

// The installed one, or the one that XM_IMAGE_READER names.
std::string reader_program() {
  const char* program = std::getenv("XM_IMAGE_READER");
  return program != nullptr ? program : LIBEXECDIR "/xm-image";
}

// Starts `program` with `file` as its stdin and `answer` as its stdout, our stderr, and no environment.
pid_t start(const std::string& program, int file, int answer, const std::string& path) {
  posix_spawn_file_actions_t actions;
  int error = posix_spawn_file_actions_init(&actions);
  if (error == 0) error = posix_spawn_file_actions_adddup2(&actions, file, STDIN_FILENO);
  if (error == 0) error = posix_spawn_file_actions_adddup2(&actions, answer, STDOUT_FILENO);
  if (error == 0) error = posix_spawn_file_actions_addclosefrom_np(&actions, STDERR_FILENO + 1);
  const std::array<char*, 2> arguments = {const_cast<char*>(program.c_str()), nullptr};
  std::array<char*, 1> environment = {nullptr};
  pid_t pid = -1;
  if (error == 0) error = posix_spawn(&pid, program.c_str(), &actions, nullptr, arguments.data(), environment.data());
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0)
    fail(program, path,
         fmt::format("cannot be run: {}. Is xm installed completely?", std::generic_category().message(error)));
  return pid;
}

std::string read_all(int fd) {
  std::string text;
  std::array<char, 16384> piece{};
  while (text.size() <= kLongestReport) {
    const ssize_t got = read(fd, piece.data(), piece.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    text.append(piece.data(), static_cast<std::size_t>(got));
  }
  return text;
}

rpc::FileDescriptor open_image(const std::string& path, ImageFile& image) {
  rpc::FileDescriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat status {};
  if (!file || fstat(file.get(), &status) != 0 || (S_ISDIR(status.st_mode) && (errno = EISDIR) != 0))
    throw Error::die(fmt::format("{} cannot be read: {}", path, std::generic_category().message(errno)));
  image.date = status.st_mtime;
  return file;
}

}  // namespace

ImageFile read_image(const std::string& path) {
  ImageFile image{.path = path, .report = {}};
  const rpc::FileDescriptor file = open_image(path, image);
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) throw std::system_error(errno, std::generic_category(), "pipe2");
  rpc::FileDescriptor answer(ends[0]), question(ends[1]);
  const std::string program = reader_program();
  const pid_t pid = start(program, file.get(), question.get(), path);
  question.reset();
  const std::string text = read_all(answer.get());
  answer.reset();  // more than that is not listened to
  int status = 0;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) continue;
  if (WIFSIGNALED(status)) fail(program, path, fmt::format("was ended by signal {}", WTERMSIG(status)));
  if (status != 0) fail(program, path, fmt::format("ended with status {}", WEXITSTATUS(status)));
  try {
    image.report = sxp::parse_one(text, {.depth = 8, .bytes = kLongestReport});
  } catch (const sxp::ParseError& e) {
    fail(program, path, fmt::format("gave an answer that cannot be understood: {}", e.what()));
  }
  return image;
}

}  // namespace xm
