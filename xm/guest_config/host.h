// What the configuration of a guest takes from the machine that xm runs on. A test has its own.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace xm::guest_config {

// A SCSI device as the kernel knows it.
struct ScsiDevice {
  std::string address;             // H:C:T:L
  std::vector<std::string> names;  // sda, st0, sg3
};

struct Host {
  std::function<bool(const std::string& path)> exists;
  std::function<std::optional<std::string>(const std::string& name)> environment;
  std::function<std::optional<std::string>(const std::string& program)> find_program;
  std::function<std::string(const std::string& path)> absolute;
  std::function<std::vector<ScsiDevice>()> scsi_devices;  // in the order of their addresses
  std::string home;                                       // of the user; used when HOME is unset
  std::string xen_private_bin;                            // where Xen keeps its programs

  // $XAUTHORITY, else the file in the home directory.
  std::string xauthority() const;
};

// The machine itself.
Host this_host();

}  // namespace xm::guest_config
