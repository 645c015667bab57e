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

// Formats that QEMU reads, under the names of tapdisk and its own.
constexpr std::array<std::pair<std::string_view, std::string_view>, 4> kFormats{
    {{"qcow", "qcow"}, {"qcow2", "qcow2"}, {"vmdk", "vmdk"}, {"vhd", "vpc"}}};

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
  const auto format = std::find_if(kFormats.begin(), kFormats.end(), [&](const auto& f) { return f.first == type; });
  if (format == kFormats.end()) {
    throw Error(
        fmt::format("Disks of type tap:{} are gone with the driver that served them, blktap: {}.", type, uname));
  }
  const std::string file = file_source(uname, path).params;
  return {"qdisk", fmt::format("{}:{}", format->second, file), std::string(format->second)};
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

std::string DiskSource::path() const {
  if (is_path()) return params;
  return by_qemu() ? params.substr(format.size() + 1) : "";
}

std::string disk_uname(std::string_view device_type, std::string_view type, std::string_view params) {
  const bool tap = device_type != "vbd";
  if (type == "qdisk") {
    const auto [format, path] = split(params);
    const auto known =
        std::find_if(kFormats.begin(), kFormats.end(), [f = format](const auto& k) { return k.second == f; });
    return fmt::format("{}:{}:{}", tap ? device_type : "tap", known == kFormats.end() ? format : known->first, path);
  }
  return tap && type == "file" ? fmt::format("{}:aio:{}", device_type, params) : fmt::format("{}:{}", type, params);
}

void check_disk_source(const DiskSource& source) {
  const std::string path = source.path();
  if (path.empty()) return;
  struct stat found {};
  if (::stat(path.c_str(), &found) != 0) {
    if (errno == ENOENT || errno == ENOTDIR) {
      const std::string_view kind = source.type == "phy" ? "Block device" : "Disk image";
      throw Error(fmt::format("{} does not exist: {}", kind, path));
    }
    throw Error(fmt::format("Disk image {} is not accessible: {}", path, std::generic_category().message(errno)));
  }
  if (!S_ISREG(found.st_mode) && !S_ISBLK(found.st_mode)) {
    throw Error(fmt::format("Disk image is neither a file nor a block device: {}", path));
  }
}

}  // namespace xend
