#include "xend/devices/migration_tool.h"

#include <algorithm>
#include <sstream>

#include "xend/error.h"
#include "xend/log.h"

namespace xend {

namespace {

// The tool may copy a disk. This is for one that hangs: nobody would wait for longer.
constexpr std::chrono::hours kLimit(24);

bool is_asked_about(const std::string& device_class) {
  return device_class != "pci" && device_class != "vusb";
}

}  // namespace

MigrationTool::MigrationTool(ScriptRunner& scripts, std::string program, Subject subject)
    : scripts_(scripts), program_(std::move(program)), subject_(std::move(subject)) {
  std::erase_if(subject_.devices, [](const std::string& device) { return !is_asked_about(device); });
}

MigrationTool::~MigrationTool() {
  std::reverse(taken_.begin(), taken_.end());
  for (const Taken& taken : taken_) {
    try {
      const ScriptResult result = run(taken.step, taken.device, true, -1);
      if (result.status != 0)
        XEND_LOG(Error, "Domain {}: {} could not take step {} for {} back: it returned {}.", subject_.name, program_,
                 static_cast<int>(taken.step), taken.device, result.status);
    } catch (const std::exception& e) {
      XEND_LOG(Error, "Domain {}: {}: {}", subject_.name, program_, e.what());
    }
  }
}

void MigrationTool::take(Step step, int stop) {
  if (program_.empty()) return;
  for (const std::string& device : subject_.devices) {
    const ScriptResult result = run(step, device, false, stop);
    if (result.status != 0 || result.timed_out)
      throw Error(fmt::format(
          "Migration tool returned {}\n{} refused step {} for a {} of {}; the log has what it said. It is named by "
          "external-migration-tool in xend-config.sxp.",
          result.status, program_, static_cast<int>(step), device, subject_.name));
    taken_.push_back({step, device});
  }
}

ScriptResult MigrationTool::run(Step step, const std::string& device, bool recover, int stop) {
  XEND_LOG(Info, "Domain {}: calling external migration tool for step {}", subject_.name, static_cast<int>(step));
  ScriptCall call;
  call.path = program_;
  call.arguments = {"-type",    device,       "-step", std::to_string(step), "-host", subject_.destination,
                    "-domname", subject_.name};
  if (recover) call.arguments.push_back("-recover");
  call.environment = {{"PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}};
  call.stop = stop;
  const ScriptResult result = scripts_.run(call, kLimit);
  std::istringstream output(result.output);
  for (std::string line; std::getline(output, line);) XEND_LOG(Info, "{}: {}", program_, line);
  return result;
}

}  // namespace xend
