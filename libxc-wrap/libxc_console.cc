// LibxcHypervisor's look at the page through which a guest's console goes.
#include <atomic>

extern "C" {
#include <xen/io/console.h>
}

#include "libxc-wrap/guest_page.h"
#include "libxc-wrap/libxc_hypervisor.h"

namespace xc {

// The guest can write whatever it likes there: the two numbers are read once each, and compared. With more between them
// than the page has room for, xenconsoled reads nothing, either.
bool LibxcHypervisor::console_is_read(DomId domid, Frame console) {
  Lease xc(*this);
  const GuestPage page(*xc, domid, console, GuestPage::Access::kRead);
  auto* const ring = reinterpret_cast<xencons_interface*>(page.bytes());
  const auto read = std::atomic_ref(ring->out_cons).load(), written = std::atomic_ref(ring->out_prod).load();
  return written - read == 0 || written - read > sizeof ring->out;
}

}  // namespace xc
