#include "xend/helpers/restore_program.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <optional>
#include <string>

#include "libxc-wrap/domain_stream.h"
#include "libxc-wrap/error.h"
#include "libxc-wrap/handle.h"
#include "libxc-wrap/zero_page.h"
#include "xend/helpers/descriptor.h"
#include "xend/helpers/device_state_record.h"
#include "xend/helpers/failure.h"
#include "xend/helpers/fd_stream.h"
#include "xend/helpers/image.h"
#include "xend/helpers/large_extents.h"
#include "xend/helpers/left_out_pages.h"
#include "xend/helpers/program.h"
#include "xend/helpers/stream_hook.h"

namespace xend {
namespace {

sxp::Value pair(const char* key, std::uint64_t value) {
  return sxp::Value::list({key, value});
}

xc::GuestType guest_type(const sxp::Value& request) {
  const std::string name = text_of(request, "type");
  if (const std::optional<xc::GuestType> type = xc::parse_guest_type(name)) return *type;
  throw Failure("there is no type of guest '" + name + "'");
}

struct Restored {
  xc::RestoredFrames frames;
  std::uint64_t left_out = 0, cleared = 0;  // pages
};

Restored restore_from(Image& image, xc::DomId domid, xc::GuestType type, xc::Port store_port, xc::Port console_port) {
  const bool pv = type == xc::GuestType::kPv;
  xc::Handle xen, of_cleaner;  // the library's log must not be forgotten while it is at work
  xen.echo_to_stderr(true);
  xc::PageCleaner cleaner(of_cleaner, domid);
  LeftOutPages stream(image.stream(), pv ? LeftOutPages::Zeros::kAreData : LeftOutPages::Zeros::kAreMemory,
                      [&cleaner](std::span<const xc::Frame> frames) { cleaner.clear(frames); });
  StreamHook hook(stream);
  std::optional<LargeExtents> large;
  if (!pv) large.emplace();
  try {
    Restored restored;
    restored.frames = xc::restore_domain(xen, hook.fd(), domid, type, store_port, console_port);
    hook.require_used();
    restored.left_out = stream.frames().size();
    restored.cleared = cleaner.cleared();
    return restored;
  } catch (const xc::Error&) {
    hook.rethrow();  // a damaged image says more than the library does about it
    throw;
  }
}

void keep_device_state(Image& image, const std::string& path) {
  const Descriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, S_IRUSR | S_IWUSR));
  if (file.get() < 0) throw system_failure("the device model's state cannot be written to " + path, errno);
  FdSink state(file.get());
  if (read_device_state(image.rest(), &state) == 0)
    throw Failure("the image ends without the state of the guest's device model");
  state.flush();
}

void verify(Conversation& daemon, int fd) {
  const sxp::Value request = hear_request(daemon, "verify");
  Image image(fd, number_of(request, "head"));
  image.convert(text_of(request, "converter"), guest_type(request) == xc::GuestType::kPv);
  image.check();
  hand_over(daemon, sxp::Value::list({"verified", sxp::Value::list({"format", to_string(image.format())}),
                                      pair("bytes", image.bytes_read())}));
}

}  // namespace

void restore(Conversation& daemon, std::span<char* const> arguments) {
  const int fd = descriptor_argument(arguments, 1);
  if (arguments.size() == 3 && std::string_view(arguments[2]) == "verify") return verify(daemon, fd);
  const xc::DomId domid = argument(arguments, 2);
  const xc::Port store_port = argument(arguments, 3), console_port = argument(arguments, 4);
  const sxp::Value request = hear_request(daemon, "restore");
  const xc::GuestType type = guest_type(request);
  StreamHook::require_own("read");

  Image image(fd, number_of(request, "head"));
  image.convert(text_of(request, "converter"), type == xc::GuestType::kPv);
  const Restored restored = restore_from(image, domid, type, store_port, console_port);
  if (type == xc::GuestType::kHvm) keep_device_state(image, text_of(request, "device_state"));
  image.finish();
  hand_over(daemon, sxp::Value::list({"restored", pair("store_mfn", restored.frames.store),
                                      pair("console_mfn", restored.frames.console), pair("read", image.bytes_read()),
                                      pair("left_out", restored.left_out), pair("cleared", restored.cleared)}));
}

}  // namespace xend
