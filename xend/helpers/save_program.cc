#include "xend/helpers/save_program.h"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <concepts>
#include <optional>
#include <string>
#include <thread>

#include "libxc-wrap/domain_stream.h"
#include "libxc-wrap/error.h"
#include "libxc-wrap/handle.h"
#include "libxc-wrap/libxc_hypervisor.h"
#include "libxc-wrap/libxenstore.h"
#include "xend/helpers/descriptor.h"
#include "xend/helpers/device_state_record.h"
#include "xend/helpers/failure.h"
#include "xend/helpers/fd_stream.h"
#include "xend/helpers/frame_writer.h"
#include "xend/helpers/live_rounds.h"
#include "xend/helpers/orphaned_guest.h"
#include "xend/helpers/program.h"
#include "xend/helpers/rate_limit.h"
#include "xend/helpers/stream_hook.h"
#include "xend/helpers/type_query.h"
#include "xend/helpers/zero_page_filter.h"

namespace xend {
namespace {

using Clock = std::chrono::steady_clock;

constexpr unsigned kFlagLive = 1, kFlagHvm = 4;
constexpr std::uint64_t kPage = 4096;
constexpr std::chrono::milliseconds kProgressEvery{500};
constexpr std::chrono::milliseconds kBetweenLooks{200};  // at whether the daemon says (abort)
constexpr std::chrono::seconds kSuspendLimit{60};        // as long as a guest may take that acknowledged the request

template <std::integral Number>
sxp::Value pair(const char* key, Number value) {
  return sxp::Value::list({key, value});
}

RoundLimits limits_of(const sxp::Value& request) {
  return {.max_downtime = std::chrono::milliseconds(number_of(request, "max_downtime")),
          .max_rounds = static_cast<unsigned>(number_of(request, "max_rounds")),
          .timeout = std::chrono::seconds(number_of(request, "timeout"))};
}

// One save: what comes from the library and goes out, what is told about it, and whether the guest was told to stop.
class SaveSession final : public ByteSink {
 public:
  SaveSession(Conversation& daemon, int fd, const sxp::Value& request)
      : daemon_(daemon),
        rate_(static_cast<unsigned>(number_of(request, "rate_mbit")), Clock::now,
              [this](Clock::time_point until) { rest(until); }),
        out_(
            fd, [this](std::size_t bytes) { before_write(bytes); }, FileWay::kDirect),
        rounds_(limits_of(request)),
        round_total_(number_of(request, "pages")) {
    if (number_of(request, "framed") == 0) return;
    frames_.emplace(out_, number_of(request, "head"));
    filter_.emplace(*frames_);
  }

  // The library's stream.
  void write(std::span<const std::byte> bytes) override {
    read_ += bytes.size();
    filter_ ? filter_->write(bytes) : out_.write(bytes);
  }
  void finish() {
    if (frames_) frames_->finish();
    out_.flush();
  }

  void suspend() {
    suspend_requested_ = true;
    if (round_ != 0) begin_round(0);  // how much is left the library does not tell
    ask(sxp::Value::list({"suspend"}), "suspended");
  }
  void log_dirty(bool on) { ask(sxp::Value::list({"log_dirty", on ? 1 : 0}), "ok"); }

  // Behind the memory comes what the device model knows.
  void append_device_state() {
    const sxp::Value answer = ask(sxp::Value::list({"device_state"}), "device_state");
    const std::string path = text_of(answer, "path");
    const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
    if (file.get() < 0) throw system_failure("the device model's state " + path + " cannot be read", errno);
    write_device_state(*this, file.get());
  }

  bool suspend_requested() const { return suspend_requested_; }

  // Called when a round ends, and again when it is known how many pages became dirty meanwhile. False: it was the last.
  bool another_round(const xc::PrecopyStats& stats) {
    stop_if_told();
    if (stats.round != 0 && stats.dirty_pages >= 0) {
      dirty_ = stats.dirty_pages;
      rounds_.round_ended(static_cast<std::uint64_t>(dirty_), read_);
      tell_progress();
    }
    const bool another = rounds_.next(stats.round, stats.dirty_pages) == LiveRounds::Next::kRound;
    if (stats.round != 0 && stats.dirty_pages >= 0) {
      round_ = stats.round;
      begin_round(static_cast<std::uint64_t>(dirty_));
    }
    return another;
  }

  sxp::Value result() const {
    return sxp::Value::list(
        {"saved", pair("read", read_), pair("written", out_.bytes_written()), pair("rounds", round_ + 1)});
  }

 private:
  // The daemon's answer, which is headed by `head` unless what was asked for could not be done: then it knows why.
  sxp::Value ask(const sxp::Value& question, const char* head) {
    daemon_.say(question);
    const std::optional<sxp::Value> answer = daemon_.hear();
    if (!answer) throw Failure("the daemon is gone");
    if (!sxp::is_element(*answer, head)) throw Failure("the daemon could not do its part");
    return *answer;
  }

  // Called for every piece that goes out, about a MiB each, and with 0 while the other end takes nothing.
  void before_write(std::size_t bytes) {
    stop_if_told();
    if (!suspend_requested_) rounds_.require_time();
    rate_.spend(bytes);
    if (Clock::now() >= next_progress_) tell_progress();
  }

  // A piece can be worth minutes at a low rate, and nobody who cancels waits that long.
  void rest(Clock::time_point until) {
    for (Clock::time_point now; (now = Clock::now()) < until;) {
      std::this_thread::sleep_until(std::min(until, now + kBetweenLooks));
      stop_if_told();
    }
  }

  void begin_round(std::uint64_t pages) {
    round_started_at_ = read_;
    round_total_ = pages;
  }

  // Between requests the daemon has only one thing to say. Ending by an error lets the library put the domain in order:
  // killed in the rounds of a live save, it would leave Xen tracking the guest's memory.
  void stop_if_told() {
    if (daemon_.gone()) throw Failure("the daemon is gone");
    if (daemon_.hear_at_once()) throw Failure("the operation was cancelled", ECANCELED);
  }

  void tell_progress() {
    next_progress_ = Clock::now() + kProgressEvery;
    const std::int64_t estimate =
        dirty_ < 0 ? -1 : std::int64_t{rounds_.estimate(static_cast<std::uint64_t>(dirty_)).count()};
    daemon_.say(sxp::Value::list({"progress", pair("round", round_), pair("pages", (read_ - round_started_at_) / kPage),
                                  pair("total", round_total_), pair("dirty", dirty_),
                                  pair("bytes", out_.bytes_written()), pair("rate", rounds_.bytes_per_second(read_)),
                                  pair("dirty_rate", rounds_.dirty_per_second()), pair("estimate", estimate)}));
  }

  Conversation& daemon_;
  RateLimit rate_;
  FdSink out_;
  std::optional<FrameWriter> frames_;
  std::optional<ZeroPageFilter> filter_;  // before the frames
  LiveRounds rounds_;
  std::uint64_t read_ = 0, round_started_at_ = 0;  // bytes of the library's stream
  std::uint64_t round_total_ = 0;                  // pages; 0: not known
  std::int64_t dirty_ = -1;                        // pages
  unsigned round_ = 0;
  Clock::time_point next_progress_ = Clock::now() + kProgressEvery;
  bool suspend_requested_ = false;
};

void run_library(SaveSession& session, xc::DomId domid, bool live, bool hvm, bool device_model) {
  StreamHook hook(session);
  xc::Handle xen;
  xen.echo_to_stderr(true);
  TypeQuery types([&xen, domid] {
    const xc::FrameExtent extent = xc::frame_extent(xen, domid);
    return FrameExtent{.pages = extent.pages, .highest = extent.highest};
  });
  if (!hvm) types.stop();  // a PV guest's frames have no hole
  xc::SaveHooks hooks{.suspend =
                          [&] {
                            if (live) types.stop();
                            session.suspend();
                          },
                      .another_round =
                          [&](const xc::PrecopyStats& stats) {
                            if (stats.round > 0) types.stop();
                            return session.another_round(stats);
                          },
                      .log_dirty = {}};
  if (device_model) hooks.log_dirty = [&session](bool on) { session.log_dirty(on); };
  try {
    xc::save_domain(xen, hook.fd(), domid, live, hooks);
  } catch (const xc::Error&) {
    hook.rethrow();  // a write that failed says more than the library does about it
    throw;
  }
  hook.require_used();
}

}  // namespace

void save(Conversation& daemon, std::span<char* const> arguments) {
  const int fd = descriptor_argument(arguments, 1);
  const xc::DomId domid = argument(arguments, 2);
  const bool live = (argument(arguments, 5) & kFlagLive) != 0, hvm = (argument(arguments, 5) & kFlagHvm) != 0;
  const sxp::Value request = hear_request(daemon, "save");
  const bool device_model = number_of(request, "device_model") != 0;
  StreamHook::require_own("write");
  StreamHook::require_own("writev");
  StreamHook::require_own("xc_get_pfn_type_batch");
  keep_queue_short(fd);
  SaveSession session(daemon, fd, request);
  try {
    run_library(session, domid, live, hvm, device_model);
    if (device_model) session.append_device_state();
    session.finish();
    hand_over(daemon, session.result());
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
