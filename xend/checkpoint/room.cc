#include "xend/checkpoint/room.h"

#include <sys/statvfs.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include <fmt/format.h>

#include "xend/error.h"

namespace xend {

namespace {

std::string folder_of(const std::string& path) {
  return std::filesystem::absolute(path).parent_path().string();
}

double mib(std::uint64_t bytes) {
  return static_cast<double>(bytes) / (1 << 20);
}

}  // namespace

std::optional<std::uint64_t> room_for(const std::string& path) {
  struct statvfs fs {};
  // File systems that do not count blocks say that they have none at all.
  if (statvfs(folder_of(path).c_str(), &fs) != 0 || fs.f_blocks == 0) return std::nullopt;
  return static_cast<std::uint64_t>(fs.f_bfree) * fs.f_frsize;
}

std::uint64_t least_image(xc::KiB memory) {
  constexpr std::uint64_t kBestCompression = 255;
  return memory.value / kBestCompression * 1024;
}

void require_room(const std::string& path, const std::string& name, xc::KiB memory) {
  const auto room = room_for(path);
  const std::uint64_t least = least_image(memory);
  if (!room || *room >= least) return;
  throw Error(fmt::format(
      "can't write guest state file {}: {}\nThe file system of {} has {:.1f} MiB left, and the image of {} "
      "takes {:.1f} MiB at the very least, of {:.0f} MiB of memory. {} was not touched.",
      path, std::strerror(ENOSPC), folder_of(path), mib(*room), name, mib(least), mib(memory.value * 1024), name));
}

}  // namespace xend
