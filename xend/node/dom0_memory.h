// Dom0's own memory: how much it has, and asking its balloon driver for another amount.
#pragma once

#include <string>

#include "libxc-wrap/store.h"
#include "libxc-wrap/types.h"

namespace xend {

class Dom0Memory {
 public:
  virtual ~Dom0Memory() = default;

  // What dom0 has now. Throws Error `Failed to query current memory allocation of dom0.`.
  virtual xc::KiB current() = 0;

  // Asks for `target`, which the driver reaches some time later, or never. Throws xc::Error.
  virtual void set_target(xc::MiB target) = 0;
};

// The kernel of this dom0: xen_memory in sysfs, memory/target in xenstore.
class Dom0Balloon final : public Dom0Memory {
 public:
  static constexpr char kCurrent[] = "/sys/devices/system/xen_memory/xen_memory0/info/current_kb";

  explicit Dom0Balloon(xc::Store& store, std::string current_file = kCurrent)
      : store_(store), current_file_(std::move(current_file)) {}

  xc::KiB current() override;
  void set_target(xc::MiB target) override;

 private:
  xc::Store& store_;
  std::string current_file_;
};

}  // namespace xend
