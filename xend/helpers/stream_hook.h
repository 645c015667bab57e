// Stands between libxenguest and the image inside one process: the library is given the number of a descriptor that
// leads nowhere, and the program's own write, writev and read, which win over the C library's for all libraries of the
// process, bring the calls about that number here. No pipe, no second process, no second copy (spec image-speed 3 and
// 4).
//
// The functions themselves are defined in xc_save_main.cc and xc_restore_main.cc, never in an archive: a linker looking
// for `write` would take them for any program.
#pragma once

#include <sys/uio.h>

#include <cstdint>
#include <exception>
#include <optional>
#include <span>

#include "xend/helpers/byte_stream.h"

namespace xend {

class StreamHook {
 public:
  // From now on the calls about fd() come to `sink` or `source`, which must outlive the hook; one hook at a time.
  explicit StreamHook(ByteSink& sink);
  explicit StreamHook(ByteSource& source);
  ~StreamHook();
  StreamHook(const StreamHook&) = delete;
  StreamHook& operator=(const StreamHook&) = delete;

  int fd() const { return fd_; }  // what the library is to be given

  // Throws what the sink or source threw while the library was running, if anything: the library knows only an errno.
  void rethrow() const;
  // Throws Failure when the library never came by: then nothing of what it did went where it should.
  void require_used() const;

  // Throws Failure unless `symbol` ("writev"), as libraries find it, is this program's own.
  static void require_own(const char* symbol);

  // For the functions that take over: what they return, errno set; nothing when `fd` is not the hook's, and the real
  // call is to be made. Safe before main and without any hook.
  static std::optional<ssize_t> write(int fd, std::span<const iovec> pieces) noexcept;
  static std::optional<ssize_t> read(int fd, void* buffer, std::size_t length) noexcept;

 private:
  StreamHook(ByteSink* sink, ByteSource* source);
  ssize_t fail() noexcept;

  ByteSink* const sink_;
  ByteSource* const source_;
  int fd_;
  std::uint64_t bytes_ = 0;
  std::exception_ptr thrown_;
};

}  // namespace xend
