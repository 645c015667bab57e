// The connection to the hypervisor's library: one handle and the lines that the library logs about it. The other files
// of this folder work through it; nothing outside needs it except to pass it on.
#pragma once

#include <memory>
#include <string>

struct xc_interface_core;  // xc_interface of xenctrl.h

namespace xc {

// Move-only owner of an xc_interface. Used by one thread at a time: the library keeps its error state in the handle.
class Handle {
 public:
  enum class Kind {
    kHypervisor,  // opens /dev/xen/privcmd: needs root on a dom0
    kOffline,     // no hypervisor at all: enough to unpack and read kernels (spec modern-xen 26.8)
  };

  // Throws Error("xc_interface_open").
  explicit Handle(Kind kind = Kind::kHypervisor);
  ~Handle();
  Handle(Handle&&) noexcept;
  Handle& operator=(Handle&&) noexcept;

  xc_interface_core* get() const;

  // Every line of the library from level NOTICE up goes to stderr too, as the classic helpers did ("ERROR: TEXT" for
  // errors; spec protocols 2.3). Off unless asked for.
  void echo_to_stderr(bool on);

  // Forgets the lines logged so far, and errno; before a call whose failure is to be reported with what is its own
  // only.
  void forget_log();

  // Returns `result` when it is not negative; else throws Error(call, errno, lines logged since the last check).
  // `call` names the function of the library and, where it helps, the object.
  int check(int result, const char* call);

  // Throws Error(call, error, lines logged since the last check).
  [[noreturn]] void fail(const std::string& call, int error);

 private:
  class Log;
  struct Closer {
    void operator()(xc_interface_core* xch) const;
  };

  std::unique_ptr<Log> log_;  // outlives the interface, which logs while it closes
  std::unique_ptr<xc_interface_core, Closer> xch_;
};

}  // namespace xc
