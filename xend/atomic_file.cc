#include "xend/atomic_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <system_error>

namespace xend {

namespace {

[[noreturn]] void fail(const std::string& what) {
  throw std::system_error(errno, std::generic_category(), what);
}

void sync_folder_of(const std::string& path) {
  auto folder = std::filesystem::path(path).parent_path().string();
  if (folder.empty()) folder = ".";
  const int fd = open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) fail(folder);
  const int result = fsync(fd);
  const int error = errno;
  close(fd);
  // Some file systems cannot sync a folder and say so; they have nothing more durable to offer.
  if (result != 0 && error != EINVAL) {
    errno = error;
    fail(folder);
  }
}

}  // namespace

AtomicFile::AtomicFile(std::string target) : target_(std::move(target)), temporary_(target_ + ".XXXXXX") {
  struct stat existing {};
  if (stat(target_.c_str(), &existing) == 0 && S_ISDIR(existing.st_mode)) {
    errno = EISDIR;
    fail(target_);
  }
  fd_ = mkostemp(temporary_.data(), O_CLOEXEC);  // mode 0600
  if (fd_ < 0) fail(target_);
}

AtomicFile::~AtomicFile() {
  if (fd_ >= 0) close(fd_);
  if (!committed_) unlink(temporary_.c_str());
}

void AtomicFile::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto n = ::write(fd_, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) fail(target_);
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
}

void AtomicFile::commit() {
  if (fsync(fd_) != 0) fail(target_);
  if (rename(temporary_.c_str(), target_.c_str()) != 0) fail(target_);
  committed_ = true;
  sync_folder_of(target_);
}

}  // namespace xend
