#include "xend/helpers/helper_run.h"

#include <poll.h>
#include <string.h>  // sigdescr_np, strerrordesc_np
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <system_error>

#include "xend/helpers/failure.h"
#include "xend/log.h"

namespace xend {
namespace {

constexpr std::chrono::seconds kTimeToAbort{5};
constexpr std::size_t kMaxLine = 4096;  // of stderr; what is longer is cut into lines

std::string joined(const std::string& path, const std::vector<std::string>& arguments) {
  std::string line = path;
  for (const std::string& argument : arguments) line += " " + argument;
  return line;
}

}  // namespace

HelperError::HelperError(Kind kind, const std::string& command, const std::string& reason, int error_number)
    : Error(kind, command + " failed\n" + reason), reason_(reason), error_number_(error_number) {}

bool gave_up(const std::exception& error) {
  const auto* const of_helper = dynamic_cast<const HelperError*>(&error);
  return of_helper != nullptr && of_helper->error_number() == ETIME;
}

HelperRun::HelperRun(const std::string& path, const std::vector<std::string>& arguments, int fd,
                     const sxp::Value& request, const Cancellation& cancel, OnCancel on_cancel)
    : command_(joined(path, arguments)),
      name_(path.substr(path.rfind('/') + 1)),
      cancel_(cancel),
      on_cancel_(on_cancel) {
  try {
    child_ = std::make_unique<ChildProcess>(path, arguments, fd);
  } catch (const std::system_error& error) {
    throw failure(std::string("it could not be started: ") + error.what(), error.code().value());
  }
  XEND_LOG(Debug, "{} started as process {}", command_, child_->pid());
  conversation_ = std::make_unique<Conversation>(child_->conversation(), child_->conversation());
  say(request);
}

sxp::Value HelperRun::hear() {
  try {
    for (;;) {
      if (std::optional<sxp::Value> value = conversation_->heard()) {
        if (sxp::is_element(*value, "error")) fail_with(*value);
        return std::move(*value);
      }
      switch (wait_for_something(true, -1)) {
        case Ready::kCancelled:
          end_cancelled();
        case Ready::kErrors:
          read_errors();
          break;
        case Ready::kConversation:
          if (!conversation_->receive()) fail_without_a_word();
          break;
        case Ready::kTimeOut:
          break;
      }
    }
  } catch (const Failure& babble) {
    throw failure(babble.what(), 0, Error::Kind::kInternal);
  }
}

// A program that is gone has left its reason in the conversation or in its status: hear() tells it.
void HelperRun::say(const sxp::Value& value) {
  try {
    conversation_->say(value);
  } catch (const Failure&) {
    XEND_LOG(Debug, "{} does not listen any more", command_);
  }
}

void HelperRun::finish() {
  say(sxp::Value::list({"ok"}));
  while (!errors_ended_) read_errors();
  if (const int status = child_->wait(); !WIFEXITED(status) || WEXITSTATUS(status) != 0) fail_without_a_word();
}

HelperError HelperRun::failure(const std::string& reason, int error_number, Error::Kind kind) const {
  return HelperError(kind, command_, reason, error_number);
}

HelperRun::Ready HelperRun::wait_for_something(bool cancellable, int milliseconds) {
  std::array<pollfd, 3> fds = {{{cancellable ? cancel_.fd() : -1, POLLIN, 0},
                                {errors_ended_ ? -1 : child_->errors(), POLLIN, 0},
                                {child_->conversation(), POLLIN, 0}}};
  int ready = -1;
  while ((ready = ::poll(fds.data(), fds.size(), milliseconds)) < 0) {
    if (errno != EINTR) throw failure(std::string("poll: ") + ::strerrordesc_np(errno), errno, Error::Kind::kInternal);
  }
  if (ready == 0) return Ready::kTimeOut;
  if (fds[0].revents != 0) return Ready::kCancelled;
  if (fds[1].revents != 0) return Ready::kErrors;
  return Ready::kConversation;
}

void HelperRun::end_cancelled() {
  using Clock = std::chrono::steady_clock;
  if (on_cancel_ == OnCancel::kAskThenKill) {
    say(sxp::Value::list({"abort"}));
    const Clock::time_point limit = Clock::now() + kTimeToAbort;
    for (Clock::time_point now; (now = Clock::now()) < limit;) {
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(limit - now).count();
      const Ready ready = wait_for_something(false, static_cast<int>(left));
      if (ready == Ready::kErrors) read_errors();
      if (ready != Ready::kConversation) continue;
      if (!conversation_->receive()) break;
      // Whatever it says in the end, it may go.
      while (const std::optional<sxp::Value> said = conversation_->heard()) {
        if (sxp::is_element(*said, "error") || sxp::is_element(*said, "saved")) say(sxp::Value::list({"ok"}));
      }
    }
  }
  child_->kill();
  child_->wait();
  throw failure("the operation was cancelled", ECANCELED);
}

void HelperRun::read_errors() {
  std::array<char, 4096> bytes{};
  const ssize_t got = ::read(child_->errors(), bytes.data(), bytes.size());
  if (got < 0 && errno == EINTR) return;
  if (got <= 0) errors_ended_ = true;
  if (got > 0) unfinished_line_.append(bytes.data(), static_cast<std::size_t>(got));
  for (std::size_t end = 0; (end = unfinished_line_.find('\n')) != std::string::npos;) {
    log_line(unfinished_line_.substr(0, end));
    unfinished_line_.erase(0, end + 1);
  }
  if (!unfinished_line_.empty() && (errors_ended_ || unfinished_line_.size() >= kMaxLine)) {
    log_line(unfinished_line_);
    unfinished_line_.clear();
  }
}

// The classic rule (spec protocols 2.3): "ERROR: text" is an error, everything else information.
void HelperRun::log_line(const std::string& line) {
  static constexpr std::string_view kError = "ERROR: ";
  last_line_ = line;
  if (line.starts_with(kError)) {
    XEND_LOG(Error, "{}: {}", name_, line.substr(kError.size()));
  } else {
    XEND_LOG(Info, "{}: {}", name_, line);
  }
}

void HelperRun::fail_with(const sxp::Value& error) {
  std::string reason;
  for (const sxp::Value& item : sxp::children(error)) {
    if (!item.is_list()) reason = item.text();
  }
  const std::string number = sxp::child_text(error, "errno").value_or("0");
  say(sxp::Value::list({"ok"}));
  while (!errors_ended_) read_errors();
  child_->wait();
  throw failure(reason, std::atoi(number.c_str()));
}

void HelperRun::fail_without_a_word() {
  while (!errors_ended_) read_errors();
  const int status = child_->wait();
  std::string reason = "it ended without a result, with exit status " + std::to_string(WEXITSTATUS(status));
  if (WIFSIGNALED(status)) {
    const char* const name = ::sigdescr_np(WTERMSIG(status));
    reason =
        "it was killed by signal " + std::to_string(WTERMSIG(status)) + (name ? std::string(" (") + name + ")" : "");
  }
  if (!last_line_.empty()) reason += "; its last words: " + last_line_;
  throw failure(reason, 0, Error::Kind::kInternal);
}

}  // namespace xend
