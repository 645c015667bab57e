#include "xend/build/programs.h"

#include <unistd.h>

#include <algorithm>
#include <mutex>
#include <set>
#include <vector>

#include "xend/error.h"
#include "xend/log.h"

namespace xend {

struct Programs::Kind {
  const char* what;                // for messages
  std::vector<std::string> names;  // that files used for it, without folders
  std::vector<std::string> places;
  const char* package;  // of Debian
};

namespace {

std::string name_of(const std::string& path) {
  return path.substr(path.rfind('/') + 1);
}

void tell_once(const std::string& configured, const std::string& found) {
  static std::mutex mutex;
  static std::set<std::string> told;
  const std::lock_guard lock(mutex);
  if (told.insert(configured).second) XEND_LOG(Info, "{} is not there: {} is used instead.", configured, found);
}

}  // namespace

Programs::Programs(std::filesystem::path root) : root_(std::move(root)) {}

bool Programs::there(const std::string& path) const {
  return path.starts_with('/') && access((root_ / path.substr(1)).c_str(), R_OK) == 0;
}

std::string Programs::find(const Kind& kind, const std::string& configured) const {
  if (there(configured)) return configured;
  if (!configured.empty() && std::find(kind.names.begin(), kind.names.end(), name_of(configured)) == kind.names.end())
    throw Error(fmt::format("The {} {} does not exist.", kind.what, configured));
  for (const std::string& place : kind.places) {
    if (!there(place)) continue;
    if (configured.starts_with('/')) tell_once(configured, place);
    return place;
  }
  throw Error(fmt::format("This host has no {}: {} is missing. Debian's package {} has it.", kind.what,
                          kind.places.front(), kind.package));
}

std::string Programs::hvmloader(const std::string& configured) const {
  static const Kind kKind{"HVM loader",
                          {"hvmloader"},
                          {XEN_PRIVATE_BINDIR "/../boot/hvmloader", "/usr/lib/xen/boot/hvmloader"},
                          "xen-utils-4.17"};
  return find(kKind, configured);
}

std::string Programs::device_model(const std::string& configured) const {
  static const Kind kKind{"device model",
                          {"qemu-dm", "stubdom-dm", "qemu-system-i386", "qemu-system-x86_64", "xen-qemu-system-i386"},
                          {"/usr/libexec/xen-qemu-system-i386", XEN_PRIVATE_BINDIR "/qemu-system-i386"},
                          "qemu-system-xen"};
  return find(kKind, configured);
}

std::string Programs::boot_loader(const std::string& configured) const {
  static const Kind kKind{"boot loader", {"pygrub"}, {XEN_PRIVATE_BINDIR "/pygrub"}, "xen-utils-4.17"};
  return find(kKind, configured);
}

std::string Programs::legacy_converter() const {
  // Debian's, and where Xen's own installation has put it over the years.
  for (const char* place : {XEN_PRIVATE_BINDIR, "/usr/lib/xen/bin", "/usr/libexec/xen/bin", "/usr/local/lib/xen/bin",
                            "/usr/local/libexec/xen/bin"})
    if (std::string path = std::string(place) + "/convert-legacy-stream"; there(path)) return path;
  return "";
}

std::string Programs::firmware() const {
  static const Kind kKind{"BIOS", {}, {"/usr/share/seabios/bios-256k.bin"}, "seabios"};
  return find(kKind, "");
}

bool Programs::is_hvmloader(const std::string& path) {
  return name_of(path) == "hvmloader";
}

}  // namespace xend
