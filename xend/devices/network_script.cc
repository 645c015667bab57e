#include "xend/devices/network_script.h"

#include <filesystem>
#include <system_error>

#include "xend/error.h"
#include "xend/log.h"

namespace xend {

void run_network_script(const Options& options, ScriptRunner& scripts) {
  const std::vector<std::string> command = options.network_script_command();
  if (command.empty()) return;
  const std::string& path = command.front();
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) {
    XEND_LOG(
        Warning,
        "network-script: there is no {}. Today's Xen brings no network scripts: bridges belong into the host's own "
        "network configuration (interfaces(5), bridge_ports). Remove the key when they are there.",
        path);
    return;
  }
  XEND_LOG(Info, "Running network-script {}.", *options.network_script);
  try {
    const ScriptResult result = scripts.run(
        {.path = path,
         .arguments = {command.begin() + 1, command.end()},
         .environment = {{"PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}, {"HOME", "/"}}},
        options.device_create_timeout);
    if (result.timed_out)
      XEND_LOG(Error, "network-script {} did not end within {} seconds and was killed.", path,
               options.device_create_timeout.count());
    else if (result.status != 0)
      XEND_LOG(Warning, "network-script {} ended with status {}: {}", path, result.status, result.output);
  } catch (const Error& e) {
    XEND_LOG(Error, "network-script: {}", e.what());
  }
}

}  // namespace xend
