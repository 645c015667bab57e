#include "libxc-wrap/guest_page.h"

#include <sys/mman.h>

#include <cerrno>

namespace xc {

GuestPage::GuestPage(Handle& handle, DomId domid, Frame frame, Access access)
    : memory_(xenforeignmemory_open(nullptr, 0)) {
  if (!memory_) handle.fail("xenforeignmemory_open", errno);
  const xen_pfn_t frames[] = {frame};
  const int protection = access == Access::kRead ? PROT_READ : PROT_READ | PROT_WRITE;
  page_ = xenforeignmemory_map(memory_.get(), domid, protection, 1, frames, nullptr);
  if (page_ == nullptr) handle.fail("xenforeignmemory_map", errno);
}

GuestPage::~GuestPage() {
  xenforeignmemory_unmap(memory_.get(), page_, 1);
}

}  // namespace xc
