#include "xm/commands/beside_console.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <optional>
#include <system_error>

#include "rpc/fault.h"
#include "xm/domains.h"
#include "xm/programs.h"
#include "xm/report.h"

namespace xm {
namespace {

constexpr int kLookAgain = 300;  // milliseconds

// Where the child tells the process that is to become the console which domain it has created.
class DomainPipe {
 public:
  DomainPipe() {
    if (pipe2(ends_, O_CLOEXEC) != 0) throw std::system_error(errno, std::generic_category(), "pipe");
  }
  ~DomainPipe() {
    close_end(0);
    close_end(1);
  }
  DomainPipe(const DomainPipe&) = delete;
  DomainPipe& operator=(const DomainPipe&) = delete;

  void tell(std::int64_t domid) const {
    // Nobody is there to be told any more after the timeout; then it does not matter.
    [[maybe_unused]] const ssize_t written = write(ends_[1], &domid, sizeof domid);
  }

  enum class Outcome { kCreated, kChildEnded, kNothingYet };

  // What the child has to tell; `domid` is set when it has created a domain.
  Outcome wait(std::int64_t& domid) {
    close_end(1);
    pollfd readable{ends_[0], POLLIN, 0};
    if (poll(&readable, 1, kLookAgain) != 1) return Outcome::kNothingYet;
    const ssize_t count = read(ends_[0], &domid, sizeof domid);
    return count == static_cast<ssize_t>(sizeof domid) ? Outcome::kCreated : Outcome::kChildEnded;
  }

 private:
  void close_end(int end) {
    if (ends_[end] >= 0) close(ends_[end]);
    ends_[end] = -1;
  }

  int ends_[2] = {-1, -1};
};

// The id of a domain; nothing when there is none of that name, or it has no id yet.
std::optional<std::int64_t> id_of(Session& xend, const std::string& name) {
  try {
    return get_domain(xend, name).id;
  } catch (const rpc::Fault&) {
    return std::nullopt;
  }
}

// Until the child has created the domain, or has failed to. A boot loader's menu is on the console while xend is still
// at it, so the domain is looked for by its name as well. How long that takes is up to the host, and to whoever sits
// before the menu: there is no limit, where the original gave up after ten seconds.
DomainPipe::Outcome wait_for_domain(Session& xend, const std::string& name, bool was_there, DomainPipe& pipe,
                                    std::int64_t& domid) {
  for (;;) {
    const DomainPipe::Outcome outcome = pipe.wait(domid);
    if (outcome != DomainPipe::Outcome::kNothingYet) return outcome;
    if (was_there) continue;
    if (const auto id = id_of(xend, name)) {
      domid = *id;
      return DomainPipe::Outcome::kCreated;
    }
  }
}

}  // namespace

int run_beside_console(Session& xend, const Call& call, const std::string& name,
                       const std::function<void(Session& own, const TellDomid& tell)>& work) {
  const bool was_there = id_of(xend, name).has_value();
  DomainPipe pipe;
  std::fflush(stdout);
  const pid_t child = fork();
  if (child < 0) throw std::system_error(errno, std::generic_category(), "fork");
  if (child == 0) {
    int status = 0;
    try {
      Session own(server_uri());  // a connection cannot be shared with the parent
      work(own, [&](std::int64_t domid) { pipe.tell(domid); });
    } catch (...) {
      status = report_exception(call.command, call.command.name);
    }
    std::fflush(stdout);
    _exit(status);
  }
  std::int64_t domid = 0;
  if (wait_for_domain(xend, name, was_there, pipe, domid) == DomainPipe::Outcome::kCreated)
    replace_by_console(domid, "0");
  int status = 0;
  if (waitpid(child, &status, 0) != child || !WIFEXITED(status)) return 1;
  return WEXITSTATUS(status);
}

}  // namespace xm
