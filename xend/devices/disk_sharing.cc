#include "xend/devices/disk_sharing.h"

#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string_view>

#include "xend/devices/device_nodes.h"
#include "xend/devices/loop_device.h"
#include "xend/error.h"

namespace xend {
namespace {

struct User {
  std::string_view where, when;
};
constexpr User kGuest{"a guest", "now"};
constexpr User kDom0{"the privileged", "by a guest"};

[[noreturn]] void busy(const std::string& image, const std::string& loop, bool writing, const User& user) {
  throw Error(fmt::format(
      "File {} is loopback-mounted through {},\nwhich is mounted {}in {} domain,\nand so cannot be mounted {}{}.",
      image, loop, writing ? "" : "read-write ", user.where, writing ? "" : "read-only ", user.when));
}

// "/vm/UUID-1" -> "/vm/UUID": one guest may have several paths while it moves.
std::string guest_of(const std::string& vm_path) {
  constexpr std::size_t kLength = std::string_view("/vm/01234567-89ab-cdef-0123-456789abcdef").size();
  return vm_path.substr(0, kLength);
}

bool is_other_guest(xc::Store& store, const DeviceOwner& owner, const std::string& domid) {
  const std::string vm_path = read_or_empty(store, fmt::format("/local/domain/{}/vm", domid));
  // One that is gone only has its devices taken away yet.
  return !vm_path.empty() && guest_of(vm_path) != guest_of(owner.vm_path);
}

// The image that a backend serves: QEMU's have its format in front.
std::string image_of(xc::Store& store, const std::string& back) {
  const std::string params = read_or_empty(store, back + "/params");
  return params.starts_with('/') ? params : params.substr(params.find(':') + 1);
}

void check_guests(xc::Store& store, const DeviceOwner& owner, const std::string& backends, const std::string& image,
                  bool writing) {
  for (const std::string& domid : store.list(backends)) {
    if (!is_other_guest(store, owner, domid)) continue;
    for (const std::string& id : store.list(backends + "/" + domid)) {
      const std::string back = fmt::format("{}/{}/{}", backends, domid, id);
      std::error_code missing;
      if (!std::filesystem::equivalent(image_of(store, back), image, missing)) continue;
      if (writing || read_or_empty(store, back + "/mode") == "w") {
        busy(image, store.read(back + "/node").value_or("a loop device"), writing, kGuest);
      }
    }
  }
}

void check_mounts(const std::string& image, bool writing) {
  std::error_code missing;
  const std::string file = std::filesystem::canonical(image, missing).string();
  for (const std::string& loop : loop_devices_of(file)) {
    std::ifstream mounts("/proc/mounts");
    for (std::string line; std::getline(mounts, line);) {
      std::istringstream fields(line);
      std::string device, directory, type, options;
      fields >> device >> directory >> type >> options;
      const bool read_only = options == "ro" || options.starts_with("ro,");
      if (device == loop && (writing || !read_only)) busy(image, loop, writing, kDom0);
    }
  }
}

}  // namespace

void check_image_sharing(xc::Store& store, const DeviceOwner& owner, const std::string& image,
                         const std::string& mode) {
  if (mode == "w!") return;
  const bool writing = mode == "w";
  for (const char* backends : {"/local/domain/0/backend/vbd", "/local/domain/0/backend/qdisk"})
    check_guests(store, owner, backends, image, writing);
  check_mounts(image, writing);
}

}  // namespace xend
