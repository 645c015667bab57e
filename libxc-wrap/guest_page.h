// One page of a guest's memory in this process. For this folder's own sources: includes Xen's headers.
#pragma once

#include <cstdint>
#include <memory>

extern "C" {
#include <xenforeignmemory.h>
}

#include "libxc-wrap/handle.h"
#include "libxc-wrap/types.h"

namespace xc {

// Mapped for as long as the object lives. What is in it may change at any time, by the guest's hand.
class GuestPage {
 public:
  enum class Access { kRead, kWrite };

  // Throws Error, with the lines of `handle`'s log.
  GuestPage(Handle& handle, DomId domid, Frame frame, Access access);
  ~GuestPage();
  GuestPage(const GuestPage&) = delete;
  GuestPage& operator=(const GuestPage&) = delete;

  std::uint8_t* bytes() const { return static_cast<std::uint8_t*>(page_); }

 private:
  struct Close {
    void operator()(xenforeignmemory_handle* memory) const { xenforeignmemory_close(memory); }
  };
  std::unique_ptr<xenforeignmemory_handle, Close> memory_;
  void* page_ = nullptr;
};

}  // namespace xc
