#include "xm/progress.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <thread>

#include "rpc/fault.h"
#include "rpc/file_descriptor.h"
#include "xm/error.h"
#include "xm/report.h"

namespace xm {
namespace {

constexpr double kMiB = 1024 * 1024;
constexpr double kPage = 4096;
constexpr int kBetweenLooks = 500;           // ms
constexpr int kBeforeCancellingAgain = 200;  // ms: what is to be cancelled may not have begun yet
constexpr int kInterrupted = 128 + SIGINT;   // as shells have it
constexpr char kClearLine[] = "\r\x1b[K";

double number(const rpc::Value& members, std::string_view name) {
  const rpc::Value* const value = members.member(name);
  if (value == nullptr) return 0;
  if (value->is_double()) return value->as_double();
  return value->is_int() ? static_cast<double>(value->as_int()) : 0;
}

std::string text(const rpc::Value& members, std::string_view name) {
  const rpc::Value* const value = members.member(name);
  return value != nullptr && value->is_string() ? value->as_string() : "";
}

sigset_t only_interrupt() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  return set;
}

// While it lives ^C is for nobody but who reads it.
class InterruptHeldBack {
 public:
  InterruptHeldBack() {
    const sigset_t set = only_interrupt();
    pthread_sigmask(SIG_BLOCK, &set, &before_);
  }
  ~InterruptHeldBack() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  InterruptHeldBack(const InterruptHeldBack&) = delete;
  InterruptHeldBack& operator=(const InterruptHeldBack&) = delete;

 private:
  sigset_t before_;
};

// Shows and cancels on a thread and a connection of its own, as long as it lives.
class Watcher {
 public:
  Watcher(std::string uri, std::string domain, Show show)
      : xend_(std::move(uri)), domain_(std::move(domain)), show_(show), done_(eventfd(0, EFD_CLOEXEC)) {
    const sigset_t set = only_interrupt();
    interrupts_ = rpc::FileDescriptor(signalfd(-1, &set, SFD_CLOEXEC));
    thread_ = std::thread([this] { run(); });
  }
  ~Watcher() { finish(); }
  Watcher(const Watcher&) = delete;
  Watcher& operator=(const Watcher&) = delete;

  void finish() {
    if (!thread_.joinable()) return;
    eventfd_write(done_.get(), 1);
    thread_.join();
    if (drawn_) fmt::print(stderr, kClearLine);
  }

  // To be asked after finish(). The name of the domain whose cancelling xend has confirmed, "" when there is none.
  const std::string& cancelled() const { return cancelled_; }
  // Why it could not be cancelled; "" when nobody wanted that.
  const std::string& refusal() const { return refusal_; }

 private:
  void run() {
    bool interrupted = false;
    for (;;) {
      pollfd fds[] = {{done_.get(), POLLIN, 0}, {interrupted ? -1 : interrupts_.get(), POLLIN, 0}};
      const int ready = poll(fds, std::size(fds), interrupted ? kBeforeCancellingAgain : kBetweenLooks);
      if (ready < 0 && errno == EINTR) continue;
      if (fds[0].revents != 0) return;
      if (fds[1].revents != 0) {
        interrupted = true;
        let_next_interrupt_end_xm();
      }
      if (!interrupted)
        look();
      else if (cancelled_.empty())
        cancel();
    }
  }

  void let_next_interrupt_end_xm() {
    signalfd_siginfo info;
    [[maybe_unused]] const ssize_t taken = ::read(interrupts_.get(), &info, sizeof info);
    const sigset_t set = only_interrupt();
    pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
  }

  void look() {
    if (show_ == Show::kNothing) return;
    try {
      const rpc::Value progress = xend_.call("xend.domain.progress", {domain_});
      if (show_ == Show::kJson) {
        print(json_line(progress));
        std::fflush(stdout);
        return;
      }
      drawn_ = true;
      fmt::print(stderr, "{}{}", kClearLine, progress_line(progress));
    } catch (const rpc::Fault&) {
      // It has not begun, it is over, or this xend is an old one: nothing to be shown.
    } catch (const std::exception&) {
      show_ = Show::kNothing;  // the call that matters tells what is wrong with xend
    }
  }

  // An xend that cannot do that goes on, and xm ends by the signal, as it always did.
  void cancel() {
    try {
      const rpc::Value name = xend_.call("xend.domain.cancel", {domain_});
      cancelled_ = name.is_string() ? name.as_string() : domain_;
    } catch (const rpc::Fault& e) {
      refusal_ = e.what();
      if (refusal_.starts_with("method \"")) std::raise(SIGINT);
    } catch (const std::exception&) {
      std::raise(SIGINT);
    }
  }

  Session xend_;
  const std::string domain_;
  Show show_;
  rpc::FileDescriptor done_, interrupts_;
  bool drawn_ = false;
  std::string cancelled_, refusal_;
  std::thread thread_;
};

}  // namespace

Show show_on_terminal(const Session& xend) {
  return isatty(STDERR_FILENO) != 0 && !xend.uri().starts_with("ssh:") ? Show::kLine : Show::kNothing;
}

rpc::Value call_watched(Session& xend, const std::string& method, const rpc::Array& params, const std::string& domain,
                        Show show) {
  const InterruptHeldBack held;
  Watcher watcher(xend.uri(), domain, show);
  try {
    rpc::Value answer = xend.call(method, params);
    watcher.finish();
    if (!watcher.refusal().empty()) fmt::print(stderr, "{}\n", watcher.refusal());
    return answer;
  } catch (const rpc::Fault&) {
    watcher.finish();
    if (watcher.cancelled().empty()) throw;
    fmt::print(stderr, "Cancelled: {} runs on here.\n", watcher.cancelled());
    throw Exit{kInterrupted};
  }
}

std::string progress_line(const rpc::Value& progress) {
  const std::string phase = text(progress, "phase");
  if (phase != "copying" && phase != "stopped") return phase == "sent" ? "waiting for the other end" : phase;
  std::string line = phase == "stopped" ? "stopped" : fmt::format("round {:.0f}", number(progress, "round"));
  if (const double total = number(progress, "pages_total"); total > 0)
    line += fmt::format(": {:.0f} %", std::min(100.0, 100 * number(progress, "pages_sent") / total));
  line += fmt::format(", {:.1f} MiB/s", number(progress, "bytes_per_second") / kMiB);
  if (const double estimate = number(progress, "estimated_downtime_ms"); phase == "copying" && estimate >= 0)
    line += fmt::format(", dirty {:.1f} MiB/s, would stand still for {:.2f} s",
                        number(progress, "dirty_per_second") * kPage / kMiB, estimate / 1000);
  return line;
}

std::string json_line(const rpc::Value& members) {
  nlohmann::ordered_json line = nlohmann::ordered_json::object();
  if (members.is_struct()) {
    for (const auto& [name, value] : members.as_struct()) {
      if (value.is_int())
        line[name] = value.as_int();
      else if (value.is_double())
        line[name] = static_cast<std::int64_t>(value.as_double());
      else if (value.is_string())
        line[name] = value.as_string();
      else
        line[name] = nullptr;
    }
  }
  return line.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

std::string arrival_line(const rpc::Value& answer) {
  const rpc::Value* const domid = answer.member("domid");
  const std::string id = domid != nullptr && domid->is_int() ? fmt::format(" as {}", domid->as_int()) : "";
  return fmt::format("Domain {} runs on {}{}; it took {:.1f} s, and stood still for {:.2f} s.\n", text(answer, "name"),
                     text(answer, "destination"), id, number(answer, "milliseconds") / 1000,
                     number(answer, "stopped_milliseconds") / 1000);
}

}  // namespace xm
