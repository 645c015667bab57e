#include "xend/api/caller.h"

#include <poll.h>
#include <sys/eventfd.h>

#include <cerrno>

#include "xend/log.h"

namespace xend {

CallWatch::CallWatch(const rpc::Caller& caller, std::shared_ptr<Domain> domain, Unattended unattended)
    : done_(eventfd(0, EFD_CLOEXEC)) {
  if (caller.connection >= 0 && done_)
    thread_ = std::thread([=, this, domain = std::move(domain)] { watch(caller, *domain, unattended); });
}

CallWatch::~CallWatch() {
  if (!thread_.joinable()) return;
  eventfd_write(done_.get(), 1);
  thread_.join();
}

void CallWatch::watch(const rpc::Caller& caller, Domain& domain, Unattended unattended) const {
  const short gone = caller.may_half_close ? 0 : POLLRDHUP;
  pollfd fds[] = {{done_.get(), POLLIN, 0},
                  {unattended == Unattended::kIsCancelled ? caller.connection : -1, gone, 0},
                  {caller.stopping, POLLIN, 0}};
  while (poll(fds, std::size(fds), -1) < 0 && errno == EINTR) continue;
  if (fds[0].revents) return;
  XEND_LOG(Info, "{}, and domain {} was to be {}: it is given up.",
           fds[2].revents ? "xend is being stopped" : "Who asked has gone", domain.state().config.name, domain.busy());
  // The operation may not have begun yet.
  while (!domain.cancel())
    if (poll(fds, 1, 100) > 0) return;
}

}  // namespace xend
