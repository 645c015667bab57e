// Feeds arbitrary texts to the small languages inside a guest file: each line is an entry of the device class that its
// first letter stands for. An entry gives a configuration that prints and parses again, or an error for people.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "sxp/parser.h"
#include "sxp/printer.h"
#include "xm/error.h"
#include "xm/guest_config/fields.h"
#include "xm/guest_config/vm_config.h"

namespace {

using namespace xm::guest_config;

constexpr const char* kClasses[] = {"disk", "vif", "vif2", "vfb", "pci", "vscsi", "vusb", "ioports", "cpuid"};

Host host() {
  return {.exists = [](const std::string&) { return true; },
          .environment = [](const std::string&) { return std::nullopt; },
          .find_program = [](const std::string&) { return std::nullopt; },
          .absolute = [](const std::string& path) { return path; },
          .scsi_devices =
              [] {
                return std::vector<ScsiDevice>{{"0:0:0:0", {"sda"}}, {"0:0:1:0", {"sdb"}}};
              },
          .home = "/root",
          .xen_private_bin = "/xen/bin"};
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Namespace names = {{"builder", "hvm"}};
  for (const std::string& line : split({reinterpret_cast<const char*>(data), size}, '\n')) {
    if (line.empty()) continue;
    Value& list = names[kClasses[static_cast<unsigned char>(line[0]) % std::size(kClasses)]];
    List entries = list.as_list() != nullptr ? *list.as_list() : List{};
    entries.emplace_back(line.substr(1));
    list = std::move(entries);
  }
  Settings settings;
  settings.set_from_file(names);
  try {
    const sxp::Value config = vm_config(settings, host());
    if (sxp::parse_one(sxp::pretty(config)) != sxp::parse_one(sxp::to_string(config))) std::abort();
  } catch (const xm::Error&) {
  }
  return 0;
}
