#include "xend/helpers/build_program.h"

#include <fcntl.h>

#include <cerrno>
#include <optional>
#include <string>

#include "libxc-wrap/domain_builder.h"
#include "libxc-wrap/elf_notes.h"
#include "libxc-wrap/handle.h"
#include "libxc-wrap/kernel_image.h"
#include "xend/helpers/descriptor.h"
#include "xend/helpers/failure.h"
#include "xend/helpers/kernel_cache.h"
#include "xend/helpers/program.h"

namespace xend {
namespace {

// The library's own text for a file that is not there speaks of its source code.
void require_readable(const char* what, const std::string& path) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) throw system_failure(std::string("the ") + what + " " + path + " cannot be opened", errno);
}

xc::BuildOrder read_order(const sxp::Value& request, xc::DomId domid) {
  const std::string type_name = text_of(request, "type");
  const std::optional<xc::GuestType> type = xc::parse_guest_type(type_name);
  if (!type) throw Failure("there is no type of guest '" + type_name + "'");
  xc::BuildOrder order;
  order.domid = domid;
  order.type = *type;
  order.ramdisk = text_of(request, "ramdisk");
  if (!order.ramdisk.empty()) require_readable("ramdisk", order.ramdisk);
  order.cmdline = text_of(request, "cmdline");
  order.features = text_of(request, "features");
  order.memory = xc::MiB{number_of(request, "memory")};
  order.maximum = xc::MiB{number_of(request, "maximum")};
  order.vcpus = static_cast<unsigned>(number_of(request, "vcpus"));
  order.store_port = static_cast<xc::Port>(number_of(request, "store_port"));
  order.console_port = static_cast<xc::Port>(number_of(request, "console_port"));
  order.hvm = {.firmware = text_of(request, "firmware"),
               .apic = number_of(request, "apic") != 0,
               .online_vcpus = static_cast<unsigned>(number_of(request, "online_vcpus"))};
  return order;
}

// A kernel's ELF file, unpacked before or now.
class Kernel {
 public:
  Kernel(const std::string& path, xc::GuestType type, bool keep)
      : key_(KernelKey::of(path)), cached_(keep ? cache_.find(key_) : std::nullopt) {
    if (cached_) return;
    unpacked_.emplace(path, type);
    const bool was_packed = unpacked_->elf().size() != key_.size;
    if (keep && was_packed) cache_.store(key_, unpacked_->elf());
  }

  std::span<const std::byte> elf() const { return cached_ ? cached_->elf() : unpacked_->elf(); }

 private:
  KernelCache cache_;
  KernelKey key_;
  std::optional<CachedKernel> cached_;
  std::optional<xc::KernelImage> unpacked_;
};

// What a PV guest's frontends write as their protocol (spec modern-xen 2, getBitSize); PVH guests need none.
std::string protocol(const std::string& guest_type) {
  if (guest_type == "xen-3.0-x86_64") return "x86_64-abi";
  if (guest_type == "xen-3.0-x86_32p") return "x86_32-abi";
  return "";
}

sxp::Value notes_element(std::span<const std::byte> kernel) {
  sxp::List element = {"notes"};
  for (const auto& [key, value] : xc::elf_notes(kernel)) element.push_back(sxp::Value::list({key, value}));
  return element;
}

sxp::Value answer(const xc::BuiltDomain& built, std::span<const std::byte> kernel) {
  return sxp::Value::list({"built", sxp::Value::list({"store_mfn", built.store_frame}),
                           sxp::Value::list({"console_mfn", built.console_frame}),
                           sxp::Value::list({"protocol", protocol(built.guest_type)}), notes_element(kernel)});
}

// For finding out as what a kernel can be built.
void tell_notes(Conversation& daemon) {
  const std::string path = text_of(hear_request(daemon, "notes"), "kernel");
  constexpr bool kKeep = true;
  const Kernel kernel(path, xc::GuestType::kPv, kKeep);
  hand_over(daemon, notes_element(kernel.elf()));
}

}  // namespace

void build(Conversation& daemon, std::span<char* const> arguments) {
  if (arguments.size() == 2 && std::string_view(arguments[1]) == "notes") return tell_notes(daemon);
  const xc::DomId domid = argument(arguments, 1);
  const sxp::Value request = hear_request(daemon, "build");
  xc::BuildOrder order = read_order(request, domid);
  const Kernel kernel(text_of(request, "kernel"), order.type, number_of(request, "temporary_kernel") == 0);
  order.kernel = kernel.elf();
  xc::Handle xen;
  xen.echo_to_stderr(true);
  const xc::BuiltDomain built = xc::build_domain(xen, order);
  hand_over(daemon, answer(built, order.kernel));
}

}  // namespace xend
