#include "xend/helpers/save_program.h"

#include <chrono>
#include <memory>
#include <string>

#include "libxc-wrap/domain_stream.h"
#include "libxc-wrap/error.h"
#include "libxc-wrap/handle.h"
#include "libxc-wrap/libxc_hypervisor.h"
#include "libxc-wrap/libxenstore.h"
#include "xend/helpers/failure.h"
#include "xend/helpers/fd_stream.h"
#include "xend/helpers/frame_writer.h"
#include "xend/helpers/orphaned_guest.h"
#include "xend/helpers/program.h"
#include "xend/helpers/rate_limit.h"
#include "xend/helpers/stream_hook.h"

namespace xend {
namespace {

using Clock = std::chrono::steady_clock;

constexpr unsigned kFlagLive = 1;
constexpr std::chrono::seconds kProgressEvery{1};
constexpr std::chrono::seconds kSuspendLimit{60};  // as long as a guest may take that acknowledged the request

sxp::Value pair(const char* key, std::uint64_t value) {
  return sxp::Value::list({key, value});
}

// One save: what goes out, what is told about it, and whether the guest has been told to stop.
class SaveSession {
 public:
  SaveSession(Conversation& daemon, int fd, unsigned rate_mbit)
      : daemon_(daemon), rate_(rate_mbit), sink_(fd, [this](std::size_t bytes) { before_write(bytes); }) {}

  FdSink& sink() { return sink_; }
  unsigned rounds() const { return round_ + 1; }
  bool suspend_requested() const { return suspend_requested_; }

  void suspend() {
    suspend_requested_ = true;
    daemon_.say(sxp::Value::list({"suspend"}));
    const std::optional<sxp::Value> answer = daemon_.hear();
    if (!answer) throw Failure("the daemon is gone");
    if (!sxp::is_element(*answer, "suspended")) throw Failure("the guest could not be suspended");
  }

  void precopy(const xc::PrecopyStats& stats) {
    if (stats.round != round_) {
      round_ = stats.round;
      pages_before_round_ = total_pages_;
    }
    total_pages_ = stats.total_pages;
    dirty_pages_ = stats.dirty_pages;
    tell_progress();
  }

 private:
  // Called for every piece that goes out, about a MiB each.
  void before_write(std::size_t bytes) {
    if (daemon_.gone()) throw Failure("the daemon is gone");
    rate_.spend(bytes);
    if (Clock::now() >= next_progress_) tell_progress();
  }

  void tell_progress() {
    next_progress_ = Clock::now() + kProgressEvery;
    daemon_.say(sxp::Value::list({"progress", pair("round", round_), pair("pages", total_pages_ - pages_before_round_),
                                  sxp::Value::list({"dirty", dirty_pages_}), pair("bytes", sink_.bytes_written())}));
  }

  Conversation& daemon_;
  RateLimit rate_;
  FdSink sink_;
  unsigned round_ = 0;
  std::uint64_t total_pages_ = 0, pages_before_round_ = 0;
  std::int64_t dirty_pages_ = -1;
  Clock::time_point next_progress_ = Clock::now() + kProgressEvery;
  bool suspend_requested_ = false;
};

// Takes the library's stream to `sink`; returns its length in bytes.
std::uint64_t save_through(ByteSink& sink, SaveSession& session, xc::DomId domid, bool live) {
  struct Counter final : ByteSink {
    explicit Counter(ByteSink& to) : sink(to) {}
    void write(std::span<const std::byte> bytes) override {
      sink.write(bytes);
      count += bytes.size();
    }
    ByteSink& sink;
    std::uint64_t count = 0;
  } counter(sink);
  StreamHook hook(counter);
  xc::Handle xen;
  xen.echo_to_stderr(true);
  const xc::SaveHooks hooks{.suspend = [&session] { session.suspend(); },
                            .progress = [&session](const xc::PrecopyStats& stats) { session.precopy(stats); }};
  try {
    xc::save_domain(xen, hook.fd(), domid, live, hooks);
  } catch (const xc::Error&) {
    hook.rethrow();  // a write that failed says more than the library does about it
    throw;
  }
  hook.require_used();
  return counter.count;
}

void save_and_hand_over(Conversation& daemon, SaveSession& session, xc::DomId domid, bool live, bool framed) {
  std::uint64_t read = 0;
  if (framed) {
    FrameWriter frames(session.sink());
    read = save_through(frames, session, domid, live);
    frames.finish();
  } else {
    read = save_through(session.sink(), session, domid, live);
  }
  session.sink().flush();
  hand_over(daemon, sxp::Value::list({"saved", pair("read", read), pair("written", session.sink().bytes_written()),
                                      pair("rounds", session.rounds())}));
}

}  // namespace

void save(Conversation& daemon, std::span<char* const> arguments) {
  const int fd = descriptor_argument(arguments, 1);
  const xc::DomId domid = argument(arguments, 2);
  const bool live = (argument(arguments, 5) & kFlagLive) != 0;
  const sxp::Value request = hear_request(daemon, "save");
  const bool framed = number_of(request, "framed") != 0;
  StreamHook::require_own("write");
  StreamHook::require_own("writev");
  SaveSession session(daemon, fd, static_cast<unsigned>(number_of(request, "rate_mbit")));
  try {
    save_and_hand_over(daemon, session, domid, live, framed);
  } catch (...) {
    if (session.suspend_requested() && daemon.gone()) {
      xc::LibxcHypervisor hypervisor;
      xc::LibxenStore store;
      let_orphan_go_on(hypervisor, store, domid, Clock::now() + kSuspendLimit);
    }
    throw;
  }
}

}  // namespace xend
