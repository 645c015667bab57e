#include "xend/helpers/dump_program.h"

#include "libxc-wrap/domain_core.h"
#include "libxc-wrap/handle.h"
#include "xend/helpers/fd_stream.h"
#include "xend/helpers/program.h"

namespace xend {

void dump(Conversation& daemon, std::span<char* const> arguments) {
  const int fd = descriptor_argument(arguments, 1);
  const xc::DomId domid = argument(arguments, 2);
  hear_request(daemon, "dump");
  FdSink file(fd);
  xc::Handle xen;
  xen.echo_to_stderr(true);
  xc::dump_core(xen, domid, [&](std::span<const std::byte> bytes) { file.write(bytes); });
  file.flush();
  hand_over(daemon, sxp::Value::list({"dumped", sxp::Value::list({"written", file.bytes_written()})}));
}

}  // namespace xend
