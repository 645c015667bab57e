#include "xend/helpers/stream_hook.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <string>

#include "xend/helpers/failure.h"

namespace xend {
namespace {

constinit StreamHook* g_active = nullptr;

}  // namespace

StreamHook::StreamHook(ByteSink& sink) : StreamHook(&sink, nullptr) {}

StreamHook::StreamHook(ByteSource& source) : StreamHook(nullptr, &source) {}

StreamHook::StreamHook(ByteSink* sink, ByteSource* source)
    : sink_(sink), source_(source), fd_(::open("/dev/null", O_RDWR | O_CLOEXEC)) {
  if (fd_ < 0) throw system_failure("/dev/null cannot be opened", errno);
  g_active = this;
}

StreamHook::~StreamHook() {
  g_active = nullptr;
  ::close(fd_);
}

void StreamHook::rethrow() const {
  if (thrown_) std::rethrow_exception(thrown_);
}

void StreamHook::require_used() const {
  if (bytes_ == 0)
    throw Failure(
        "libxenguest did not use this program's write and read: it is not the library this program was built for");
}

void StreamHook::require_own(const char* symbol) {
  Dl_info found{}, own{};
  void* const address = ::dlsym(RTLD_DEFAULT, symbol);
  const bool known = address != nullptr && ::dladdr(address, &found) != 0 &&
                     ::dladdr(reinterpret_cast<void*>(&StreamHook::require_own), &own) != 0;
  if (!known || found.dli_fbase != own.dli_fbase) {
    throw Failure(std::string("this program's ") + symbol +
                  " does not take the place of the C library's: it must be linked with -rdynamic");
  }
}

std::optional<ssize_t> StreamHook::write(int fd, std::span<const iovec> pieces) noexcept {
  StreamHook* const hook = g_active;
  if (hook == nullptr || fd != hook->fd_ || hook->sink_ == nullptr) return std::nullopt;
  try {
    std::size_t total = 0;
    for (const iovec& piece : pieces) {
      hook->sink_->write({static_cast<const std::byte*>(piece.iov_base), piece.iov_len});
      total += piece.iov_len;
    }
    hook->bytes_ += total;
    return static_cast<ssize_t>(total);
  } catch (...) {
    return hook->fail();
  }
}

std::optional<ssize_t> StreamHook::read(int fd, void* buffer, std::size_t length) noexcept {
  StreamHook* const hook = g_active;
  if (hook == nullptr || fd != hook->fd_ || hook->source_ == nullptr) return std::nullopt;
  try {
    const std::size_t got = length == 0 ? 0 : hook->source_->read({static_cast<std::byte*>(buffer), length});
    hook->bytes_ += got;
    return static_cast<ssize_t>(got);
  } catch (...) {
    return hook->fail();
  }
}

// Keeps the first exception for rethrow(); the library gets EIO and gives up.
ssize_t StreamHook::fail() noexcept {
  if (!thrown_) thrown_ = std::current_exception();
  errno = EIO;
  return -1;
}

}  // namespace xend
