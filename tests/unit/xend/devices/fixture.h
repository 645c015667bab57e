// A guest with domain id 5 and dom0's side of its devices, in memory, with time limits short enough for tests.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <string>

#include "sxp/parser.h"
#include "sxp/printer.h"
#include "tests/fakes/fake_backends.h"
#include "tests/fakes/fake_store.h"
#include "xend/devices/devices.h"
#include "xend/error.h"

namespace xend {

inline const std::string kVm = "/vm/3b1d7a0e-9d7f-4c61-a2f4-7f6f0c7be5a1";

// Makes an empty folder and takes it away again.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "devices-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp");
    path_ = name;
  }
  ~TemporaryFolder() { std::filesystem::remove_all(path_); }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  std::string path(const std::string& name) const { return (path_ / name).string(); }

  // Path of the new file.
  std::string file(const std::string& name, const std::string& content = "") const {
    std::ofstream(path_ / name) << content;
    return path(name);
  }

  std::string script(const std::string& name, const std::string& content) const {
    const std::string result = file(name, content);
    std::filesystem::permissions(result, std::filesystem::perms::owner_all);
    return result;
  }

 private:
  std::filesystem::path path_;
};

inline DeviceSettings short_settings() {
  DeviceSettings settings;
  settings.create_timeout = std::chrono::seconds(1);
  settings.destroy_timeout = std::chrono::seconds(1);
  settings.served_dir = "/nonexistent";
  settings.backend_timeout = std::chrono::milliseconds(500);
  return settings;
}

class DevicesTest : public testing::Test {
 protected:
  DevicesTest() {
    owner.domid = 5;
    owner.name = "web1";
    owner.vm_path = kVm;
  }

  Device complete(const std::string& element, const std::vector<Device>& others = {}) const {
    return devices.complete(sxp::parse_one(element), others, xc::GuestType::kPv);
  }

  // Completes and writes.
  Device write(const std::string& element, const std::vector<Device>& others = {}) {
    Device device = complete(element, others);
    devices.write(owner, {device});
    return device;
  }

  std::string disk(const std::string& dev = "xvda", const std::string& name = "disk.img") {
    return "(vbd (uname file:" + folder.file(name) + ") (dev " + dev + ") (mode w) (uuid u-1))";
  }

  // The text of the Error that `steps` throws; "" when it throws none.
  template <typename Steps>
  static std::string error_of(Steps steps) {
    try {
      steps();
    } catch (const Error& e) {
      return e.what();
    }
    return "";
  }

  // The nodes below `path`, by their paths relative to it.
  std::map<std::string, std::string> below(const std::string& path) const {
    std::map<std::string, std::string> nodes;
    for (const auto& [node, value] : store.tree(path)) {
      if (node != path) nodes[node.substr(path.size() + 1)] = value;
    }
    return nodes;
  }

  std::string read(const std::string& path) { return store.read(path).value_or("(none)"); }

  TemporaryFolder folder;
  fakes::FakeStore store;
  fakes::FakeScripts scripts{store};
  Devices devices{store, scripts, short_settings()};
  DeviceOwner owner;
};

inline const std::string kVbd = "/local/domain/0/backend/vbd/5/51712";
inline const std::string kVbdFront = "/local/domain/5/device/vbd/51712";
inline const std::string kVif = "/local/domain/0/backend/vif/5/0";
inline const std::string kVifFront = "/local/domain/5/device/vif/0";

}  // namespace xend
