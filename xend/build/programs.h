// Where this host has the programs that guests' files name by paths of their time: hvmloader, the device model, the
// firmware, pygrub. A path that exists is taken as it is; one of a program that moved is mapped to what is here.
#pragma once

#include <filesystem>
#include <string>

namespace xend {

class Programs {
 public:
  // `root`: in front of every path looked at; for tests.
  explicit Programs(std::filesystem::path root = "/");

  // Each takes what the configuration says, which may be empty or a bare name, and returns the path of a program that
  // is there. A mapping is logged once for each path. Throws Error saying which package has it.
  std::string hvmloader(const std::string& configured) const;
  std::string device_model(const std::string& configured) const;
  std::string boot_loader(const std::string& configured) const;

  // Xen's convert-legacy-stream, without which images of Xen 4.5 or older cannot be restored; empty when there is none.
  std::string legacy_converter() const;

  // The BIOS that hvmloader starts.
  std::string firmware() const;

  // Whether `path` names hvmloader, wherever it was when the file was written.
  static bool is_hvmloader(const std::string& path);

 private:
  struct Kind;
  std::string find(const Kind& kind, const std::string& configured) const;
  bool there(const std::string& path) const;

  std::filesystem::path root_;
};

}  // namespace xend
