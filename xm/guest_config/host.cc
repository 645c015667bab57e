#include "xm/guest_config/host.h"

#include <pwd.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "xm/programs.h"

namespace xm::guest_config {

std::string Host::xauthority() const {
  if (const auto file = environment("XAUTHORITY")) return *file;
  return environment("HOME").value_or(home) + "/.Xauthority";
}

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
      .home = user != nullptr ? user->pw_dir : "",
      .xen_private_bin = XEN_PRIVATE_BINDIR};
}

}  // namespace xm::guest_config
