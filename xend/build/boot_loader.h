// Running a guest's boot loader: a program of dom0 (pygrub) that looks into the guest's disk, lets a person choose, and
// leaves copies of kernel and ramdisk. What it reads is the guest's, so what it answers is taken for hostile: it runs
// with as few rights as it can do with, for a limited time, and its answer is checked (spec domain-lifecycle section
// 7).
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "libxc-wrap/types.h"
#include "xend/helpers/helpers.h"

namespace xend {

struct BootLoaderRequest {
  std::string name;  // of the domain, for messages
  xc::DomId domid = 0;
  std::string program;  // absolute path
  std::string disk;     // image or block device
  std::string kernel, ramdisk,
      hints;              // what the configuration says about them (--kernel, --ramdisk, --args); may be empty
  std::string arguments;  // bootloader_args, split as a shell would
  // Called with the terminal on which a person sees the loader's menu, before it starts.
  std::function<void(const std::string& terminal)> on_terminal;
};

struct BootLoaderSettings {
  std::string folder = "/var/run/xend/boot";  // for the answer's fifo and the copies
  std::chrono::milliseconds limit{600'000};   // somebody may sit before the menu
};

// What the loader has chosen. The copies are deleted with the object: the builder has read them by then.
class BootFiles {
 public:
  BootFiles() = default;
  // `folder`: the loader's own, which goes, too.
  BootFiles(std::string kernel, std::string ramdisk, std::string arguments, std::string folder);
  BootFiles(BootFiles&& other) noexcept;
  BootFiles& operator=(BootFiles&& other) noexcept;
  ~BootFiles();

  const std::string& kernel() const { return kernel_; }
  const std::string& ramdisk() const { return ramdisk_; }      // may be empty
  const std::string& arguments() const { return arguments_; }  // of the kernel

 private:
  void remove() noexcept;
  std::string kernel_, ramdisk_, arguments_, folder_;
};

// Runs the loader. Throws Error when it cannot be run, is cancelled, takes too long, or answers nothing or nonsense;
// then nothing of it is left.
BootFiles run_boot_loader(const BootLoaderRequest& request, const BootLoaderSettings& settings,
                          const Cancellation& cancel);

// Takes a loader's answer apart: `linux (kernel PATH) (ramdisk PATH) (args TEXT)`. `folder`: where the loader was told
// to put its copies, and what goes with the result; `may_be_elsewhere`: it takes no such orders and may answer with
// other absolute paths. Throws Error.
BootFiles parse_boot_answer(std::string_view answer, const std::string& folder, bool may_be_elsewhere);

// Words as a shell would take them from `text`: blanks divide, quotes and backslashes keep them together. Throws Error
// for a quote that does not end.
std::vector<std::string> shell_words(const std::string& text);

}  // namespace xend
