#include "xend/helpers/explain.h"

#include <array>

namespace xend {
namespace {

struct Known {
  std::string_view says, means;
};

constexpr std::array<Known, 8> kKnown = {{
    {"no loader found", "that file is no kernel that can be started as this type of guest"},
    {"not supported by xen kernel", "this hypervisor does not run guests of the kernel's kind"},
    {"segment kernel too large", "the kernel does not fit into the guest's memory: give the guest more"},
    {"segment module too large", "the ramdisk does not fit into the guest's memory: give the guest more"},
    {"Failed to populate physmap",
     "the image needs more memory than the new domain may have: check maxmem, and that the host has it free"},
    {"Unable to restore x86 HVM domain into an x86_pv domain",
     "the image is that of a PVH or HVM guest, and its configuration says PV"},
    {"Unable to restore x86 PV domain into an x86 HVM domain",
     "the image is that of a PV guest, and its configuration says PVH or HVM"},
    {"Failed to enable logdirty",
     "this hypervisor cannot tell which memory a running guest of this type changes: save or migrate it without live"},
}};

}  // namespace

std::string explain(std::string_view library_text) {
  for (const Known& known : kKnown) {
    if (library_text.find(known.says) != library_text.npos) return std::string(known.means);
  }
  return "";
}

}  // namespace xend
