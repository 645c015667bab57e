#include "libxc-wrap/handle.h"

#include <algorithm>
#include <cerrno>
#include <cstdarg>
#include <cstddef>
#include <cstdio>
#include <new>
#include <string_view>
#include <type_traits>

extern "C" {
#include <xenctrl.h>
#include <xentoollog.h>
}

#include "libxc-wrap/error.h"

namespace xc {
namespace {

// A library that is asked to read a damaged file can log without end; the first lines are the innermost reasons.
constexpr std::size_t kMaxLogBytes = 2000;

// A line without what only the library's authors want to know: "panic: FILE:LINE: FUNCTION: TEXT: Internal error".
std::string_view plain(std::string_view line) {
  constexpr std::string_view kPanic = "panic: ", kInternal = ": Internal error";
  if (line.starts_with(kPanic)) line.remove_prefix(std::min(line.find(": ", kPanic.size()) + 2, line.size()));
  if (line.ends_with(kInternal)) line.remove_suffix(kInternal.size());
  return line;
}

}  // namespace

// What the library hands to its callbacks is the address of the first member (spec modern-xen 26.1).
class Handle::Log {
 public:
  Log() : vtable_{&Log::message, &Log::progress, &Log::destroy} {}

  xentoollog_logger* vtable() { return &vtable_; }
  void echo(bool on) { echo_ = on; }

  std::string take() {
    std::string lines;
    lines.swap(lines_);
    return lines;
  }

 private:
  static void message(xentoollog_logger* logger, xentoollog_level level, int, const char*, const char* format,
                      std::va_list arguments) {
    const int saved = errno;
    reinterpret_cast<Log*>(logger)->add(level, format, arguments);
    errno = saved;  // the caller reports it after the library's own logging
  }
  static void progress(xentoollog_logger*, const char*, const char*, int, unsigned long, unsigned long) {}
  static void destroy(xentoollog_logger*) {}

  // Called from C: nothing may be thrown out of here.
  void add(xentoollog_level level, const char* format, std::va_list arguments) noexcept {
    if (level < XTL_NOTICE) return;
    char line[512];
    if (std::vsnprintf(line, sizeof line, format, arguments) < 0) return;
    if (echo_) std::fprintf(stderr, "%s%s\n", level >= XTL_ERROR ? "ERROR: " : "", line);
    if (level < XTL_WARN || lines_.size() > kMaxLogBytes) return;
    try {
      if (!lines_.empty()) lines_ += "; ";
      lines_ += plain(line);
    } catch (const std::bad_alloc&) {
      lines_.clear();
    }
  }

  xentoollog_logger vtable_;
  std::string lines_;
  bool echo_ = false;
};

void Handle::Closer::operator()(xc_interface_core* xch) const {
  xc_interface_close(xch);
}

Handle::Handle(Kind kind) : log_(std::make_unique<Log>()) {
  static_assert(std::is_standard_layout_v<Log>, "the library is given the address of the first member");
  // The same logger twice: with none for the domain builder the library opens a log file of its own.
  xch_.reset(xc_interface_open(log_->vtable(), log_->vtable(), kind == Kind::kOffline ? XC_OPENFLAG_DUMMY : 0));
  if (!xch_) fail("xc_interface_open", errno);
}

Handle::~Handle() = default;
Handle::Handle(Handle&&) noexcept = default;
Handle& Handle::operator=(Handle&&) noexcept = default;

xc_interface_core* Handle::get() const {
  return xch_.get();
}

void Handle::echo_to_stderr(bool on) {
  log_->echo(on);
}

void Handle::forget_log() {
  log_->take();
  errno = 0;  // the library leaves it alone in some of its failures: an older one must not be told then
}

int Handle::check(int result, const char* call) {
  if (result < 0) fail(call, errno);
  forget_log();
  return result;
}

void Handle::fail(const std::string& call, int error) {
  throw Error(call, error, log_->take());
}

}  // namespace xc
