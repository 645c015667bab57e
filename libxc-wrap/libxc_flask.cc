// LibxcHypervisor's calls about FLASK. A Xen without it answers ENOSYS to all of them.
#include <array>
#include <cerrno>
#include <cstring>

extern "C" {
#include <xenctrl.h>
}

#include "libxc-wrap/libxc_hypervisor.h"

namespace xc {

std::optional<bool> LibxcHypervisor::flask_enforcing() {
  Lease xc(*this);
  const int mode = xc_flask_getenforce(xc->get());
  if (mode < 0 && (errno == ENOSYS || errno == EOPNOTSUPP)) return std::nullopt;
  return xc->check(mode, "xc_flask_getenforce") != 0;
}

void LibxcHypervisor::set_flask_enforcing(bool yes) {
  Lease xc(*this);
  xc->check(xc_flask_setenforce(xc->get(), yes ? 1 : 0), "xc_flask_setenforce");
}

void LibxcHypervisor::load_flask_policy(const std::string& policy) {
  Lease xc(*this);
  std::string bytes = policy;  // the library's pointer is to what may be written to
  xc->check(xc_flask_load(xc->get(), bytes.data(), static_cast<std::uint32_t>(bytes.size())), "xc_flask_load");
}

std::string LibxcHypervisor::flask_context(std::uint32_t sid) {
  Lease xc(*this);
  std::array<char, 1024> context{};
  xc->check(xc_flask_sid_to_context(xc->get(), static_cast<int>(sid), context.data(), context.size() - 1),
            "xc_flask_sid_to_context");
  return std::string(context.data(), strnlen(context.data(), context.size()));
}

std::uint32_t LibxcHypervisor::flask_sid(const std::string& context) {
  Lease xc(*this);
  std::string bytes = context;  // the library's pointer is to what may be written to
  std::uint32_t sid = 0;
  xc->check(xc_flask_context_to_sid(xc->get(), bytes.data(), static_cast<std::uint32_t>(bytes.size()), &sid),
            "xc_flask_context_to_sid");
  return sid;
}

}  // namespace xc
