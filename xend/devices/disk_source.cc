#include "xend/devices/disk_source.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

#include "xend/error.h"

namespace xend {
namespace {

constexpr std::array<std::string_view, 9> kTapTypes{"aio",   "sync",  "vmdk", "ram",  "qcow",
                                                    "qcow2", "ioemu", "vhd",  "remus"};

bool is_tap_type(std::string_view type) {
  return std::find(kTapTypes.begin(), kTapTypes.end(), type) != kTapTypes.end();
}

// "a:b:c" -> "a", "b:c"
std::pair<std::string_view, std::string_view> split(std::string_view text) {
  const auto colon = text.find(':');
  if (colon == std::string_view::npos) return {text, {}};
  return {text.substr(0, colon), text.substr(colon + 1)};
}

DiskSource file_source(std::string_view uname, std::string_view path) {
  if (path.empty() || path.front() != '/') {
    throw Error(fmt::format("The path of a disk image must be absolute: {}", uname));
  }
  return {"file", std::string(path)};
}

// tap:TYPE:PATH, tap:tapdisk:TYPE:PATH, tap:ioemu:TYPE:PATH
DiskSource tap_source(std::string_view uname, std::string_view rest) {
  auto [type, path] = split(rest);
  if (type == "tapdisk" || (type == "ioemu" && is_tap_type(split(path).first))) std::tie(type, path) = split(path);
  if (type == "aio" || type == "sync") return file_source(uname, path);
  if (!is_tap_type(type)) throw Error(fmt::format("tap:{} not a valid disk type", type));
  throw Error(
      fmt::format("Disk images of type {} are not available in this release yet: {}. A raw image works, made with "
                  "`qemu-img convert -O raw`.",
                  type, uname));
}

}  // namespace

DiskSource parse_disk_source(std::string_view uname) {
  if (uname.empty()) return {};
  const auto [type, rest] = split(uname);
  if (rest.empty()) {
    throw Error(
        fmt::format("Block device must have physical details specified: \"{}\" is neither phy:DEVICE nor "
                    "file:PATH.",
                    uname));
  }
  if (type == "phy") return {"phy", rest.front() == '/' ? std::string(rest) : fmt::format("/dev/{}", rest)};
  if (type == "file") return file_source(uname, rest);
  if (type == "tap" || type == "tap2") return tap_source(uname, rest);
  return {std::string(type), std::string(rest)};
}

void check_disk_source(const DiskSource& source) {
  if (!source.is_path()) return;
  struct stat found {};
  if (::stat(source.params.c_str(), &found) != 0) {
    if (errno == ENOENT || errno == ENOTDIR) {
      const std::string_view kind = source.type == "phy" ? "Block device" : "Disk image";
      throw Error(fmt::format("{} does not exist: {}", kind, source.params));
    }
    throw Error(
        fmt::format("Disk image {} is not accessible: {}", source.params, std::generic_category().message(errno)));
  }
  if (!S_ISREG(found.st_mode) && !S_ISBLK(found.st_mode)) {
    throw Error(fmt::format("Disk image is neither a file nor a block device: {}", source.params));
  }
}

}  // namespace xend
