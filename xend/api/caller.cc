#include "xend/api/caller.h"

#include <poll.h>
#include <sys/eventfd.h>

#include <cerrno>

#include "xend/log.h"

namespace xend {

CancelWhenCallerLeaves::CancelWhenCallerLeaves(const rpc::Caller& caller, std::shared_ptr<Domain> domain)
    : done_(eventfd(0, EFD_CLOEXEC)) {
  if (caller.connection >= 0 && done_)
    thread_ = std::thread([this, caller, domain = std::move(domain)] { watch(caller, *domain); });
}

CancelWhenCallerLeaves::~CancelWhenCallerLeaves() {
  if (!thread_.joinable()) return;
  eventfd_write(done_.get(), 1);
  thread_.join();
}

void CancelWhenCallerLeaves::watch(const rpc::Caller& caller, Domain& domain) const {
  pollfd fds[] = {{done_.get(), POLLIN, 0}, {caller.connection, static_cast<short>(caller.may_half_close ? 0 : POLLRDHUP), 0}};
  while (poll(fds, 2, -1) < 0 && errno == EINTR) continue;
  if (fds[0].revents) return;
  XEND_LOG(Info, "Who asked for domain {} to be {} has gone: it is given up.", domain.state().config.name,
           domain.busy());
  // The operation may not have begun yet.
  while (!domain.cancel())
    if (poll(fds, 1, 100) > 0) return;
}

}  // namespace xend
