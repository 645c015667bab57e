#include "xend/devices/loop_device.h"

#include <fcntl.h>
#include <linux/loop.h>
#include <sys/ioctl.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <string_view>
#include <system_error>

#include "xend/helpers/descriptor.h"

namespace xend {
namespace {

void detach(const std::string& path, int flags) {
  const Descriptor device(::open(path.c_str(), O_RDONLY | O_CLOEXEC | flags));
  if (device.get() < 0) throw std::system_error(errno, std::generic_category(), path);
  if (::ioctl(device.get(), LOOP_CLR_FD) != 0 && errno != ENXIO) {
    throw std::system_error(errno, std::generic_category(), path);
  }
}

}  // namespace

bool is_loop_device(const std::string& path) {
  constexpr std::string_view kPrefix = "/dev/loop";
  if (!path.starts_with(kPrefix) || path.size() == kPrefix.size()) return false;
  return std::all_of(path.begin() + kPrefix.size(), path.end(), [](char c) { return c >= '0' && c <= '9'; });
}

std::string loop_backing_file(const std::string& path) {
  const std::string name = path.substr(path.rfind('/') + 1);
  std::ifstream in("/sys/block/" + name + "/loop/backing_file");
  std::string file;
  std::getline(in, file);
  return file;
}

std::vector<std::string> loop_devices_of(const std::string& file) {
  std::vector<std::string> found;
  std::error_code none;
  for (const auto& entry : std::filesystem::directory_iterator("/sys/block", none)) {
    const std::string path = "/dev/" + entry.path().filename().string();
    if (is_loop_device(path) && loop_backing_file(path) == file) found.push_back(path);
  }
  return found;
}

void detach_loop_device(const std::string& path) {
  detach(path, 0);
}

void detach_unused_loop_device(const std::string& path) {
  detach(path, O_EXCL);
}

}  // namespace xend
