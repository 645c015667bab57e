#include "xm/guest_config/host.h"

#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <system_error>

#include "xm/programs.h"

namespace xm::guest_config {

std::string Host::xauthority() const {
  if (const auto file = environment("XAUTHORITY")) return *file;
  return environment("HOME").value_or(home) + "/.Xauthority";
}

namespace {

std::vector<std::string> files_in(const std::filesystem::path& directory) {
  std::vector<std::string> names;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(directory, error)) {
    names.push_back(entry.path().filename().string());
  }
  std::ranges::sort(names);
  return names;
}

std::vector<ScsiDevice> scsi_devices() {
  const std::filesystem::path root = "/sys/bus/scsi/devices";
  std::vector<ScsiDevice> devices;
  for (const std::string& address : files_in(root)) {
    if (std::ranges::count(address, ':') != 3) continue;  // adapters and targets are here, too
    ScsiDevice device{address, {}};
    for (const char* kind : {"block", "scsi_tape", "scsi_generic"}) {
      const std::vector<std::string> names = files_in(root / address / kind);
      device.names.insert(device.names.end(), names.begin(), names.end());
    }
    devices.push_back(std::move(device));
  }
  return devices;
}

}  // namespace

Host this_host() {
  const passwd* user = getpwuid(getuid());
  return {
      .exists =
          [](const std::string& path) {
            std::error_code error;
            return std::filesystem::exists(path, error);
          },
      .environment =
          [](const std::string& name) {
            const char* value = std::getenv(name.c_str());
            return value != nullptr ? std::optional<std::string>(value) : std::nullopt;
          },
      .find_program = [](const std::string& program) { return find_program(program); },
      .absolute = [](const std::string& path) { return std::filesystem::absolute(path).lexically_normal().string(); },
      .scsi_devices = scsi_devices,
      .home = user != nullptr ? user->pw_dir : "",
      .xen_private_bin = XEN_PRIVATE_BINDIR};
}

}  // namespace xm::guest_config
