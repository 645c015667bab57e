#include "xend/build/pseudo_terminal.h"

#include <fcntl.h>
#include <stdlib.h>
#include <termios.h>

#include <array>
#include <cerrno>
#include <system_error>

namespace xend {
namespace {

[[noreturn]] void fail(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

}  // namespace

PseudoTerminal::PseudoTerminal() : master_(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK)) {
  std::array<char, 128> name{};
  if (master_.get() < 0) fail("posix_openpt");
  if (::grantpt(master_.get()) != 0 || ::unlockpt(master_.get()) != 0) fail("unlockpt");
  if (const int error = ::ptsname_r(master_.get(), name.data(), name.size()); error != 0) {
    errno = error;
    fail("ptsname_r");
  }
  path_ = name.data();
  slave_ = Descriptor(::open(path_.c_str(), O_RDWR | O_NOCTTY | O_CLOEXEC));
  if (slave_.get() < 0) fail(path_.c_str());
  termios raw{};
  if (::tcgetattr(slave_.get(), &raw) != 0) fail("tcgetattr");
  ::cfmakeraw(&raw);
  if (::tcsetattr(slave_.get(), TCSANOW, &raw) != 0) fail("tcsetattr");
}

}  // namespace xend
