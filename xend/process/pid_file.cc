#include "xend/process/pid_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>

#include "xend/error.h"

namespace xend {
namespace {

// A lock of the open file, not of the process: it ends when the last copy of the descriptor is closed, whatever
// happened.
bool try_lock(const rpc::FileDescriptor& file) {
  struct flock lock {};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  return ::fcntl(file.get(), F_OFD_SETLK, &lock) == 0;
}

bool has_name(const rpc::FileDescriptor& file, const std::string& path) {
  struct stat mine {
  }, named{};
  return ::fstat(file.get(), &mine) == 0 && ::stat(path.c_str(), &named) == 0 && mine.st_dev == named.st_dev &&
         mine.st_ino == named.st_ino;
}

// 0 when there is no number in it.
pid_t read_pid(const rpc::FileDescriptor& file) {
  std::array<char, 32> text{};
  const ssize_t n = ::pread(file.get(), text.data(), text.size(), 0);
  pid_t pid = 0;
  if (n > 0) std::from_chars(text.data(), text.data() + n, pid);
  return pid;
}

std::string already_running(pid_t pid) {
  if (pid == 0) return "Another xend is just starting or stopping. Try again in a moment.";
  return fmt::format("xend is already running (process {}).", pid);
}

}  // namespace

PidFile::PidFile(std::string path) : path_(std::move(path)) {
  do {
    file_.reset(::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644));
    if (!file_) throw Error(fmt::format("The pid file {} cannot be opened: {}.", path_, std::strerror(errno)));
    if (!try_lock(file_)) throw Error(already_running(read_pid(file_)));
    // It may have been removed between opening and locking, by the xend that ended just now.
  } while (!has_name(file_, path_));
  const std::string pid = std::to_string(::getpid());
  if (::ftruncate(file_.get(), 0) != 0 ||
      ::pwrite(file_.get(), pid.data(), pid.size(), 0) != static_cast<ssize_t>(pid.size()))
    throw Error(fmt::format("The pid file {} cannot be written: {}.", path_, std::strerror(errno)));
}

PidFile::~PidFile() {
  ::unlink(path_.c_str());
}

std::optional<pid_t> running_pid(const std::string& path) {
  const rpc::FileDescriptor file(::open(path.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW));
  if (!file) {
    if (errno == ENOENT) return std::nullopt;
    throw Error(fmt::format("The pid file {} cannot be opened: {}.", path, std::strerror(errno)));
  }
  if (!try_lock(file)) {
    const pid_t pid = read_pid(file);
    if (pid == 0) throw Error(already_running(pid));
    return pid;
  }
  if (has_name(file, path)) ::unlink(path.c_str());
  return std::nullopt;
}

}  // namespace xend
