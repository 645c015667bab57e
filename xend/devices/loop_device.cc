#include "xend/devices/loop_device.h"

#include <fcntl.h>
#include <linux/loop.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <string_view>
#include <system_error>

namespace xend {

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

void detach_loop_device(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) throw std::system_error(errno, std::generic_category(), path);
  const int result = ::ioctl(fd, LOOP_CLR_FD);
  const int error = errno;
  ::close(fd);
  if (result != 0 && error != ENXIO) throw std::system_error(error, std::generic_category(), path);
}

}  // namespace xend
