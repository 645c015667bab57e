#include "xend/helpers/conversation.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "sxp/printer.h"
#include "xend/helpers/failure.h"

namespace xend {
namespace {

constexpr sxp::Limits kLimits{.depth = 16, .bytes = 64 * 1024};

}  // namespace

Conversation::Conversation(int in, int out) : in_(in), out_(out), parser_(kLimits) {}

std::optional<sxp::Value> Conversation::hear() {
  for (;;) {
    if (std::optional<sxp::Value> value = heard()) return value;
    if (!receive()) return std::nullopt;
  }
}

std::optional<sxp::Value> Conversation::heard() {
  try {
    for (;;) {
      if (std::optional<sxp::Value> value = parser_.next()) return value;
      if (rest_.empty()) return std::nullopt;
      rest_.erase(0, parser_.feed(rest_));
    }
  } catch (const sxp::ParseError& error) {
    throw Failure(std::string("what the other side says cannot be understood: ") + error.what());
  }
}

bool Conversation::receive() {
  if (ended_) return false;
  std::array<char, 4096> bytes{};
  ssize_t got = -1;
  do {
    got = ::read(in_, bytes.data(), bytes.size());
  } while (got < 0 && errno == EINTR);
  if (got <= 0) ended_ = true;  // a socket whose other end died may tell so by an error
  if (got > 0) rest_.append(bytes.data(), static_cast<std::size_t>(got));
  return !ended_;
}

void Conversation::say(const sxp::Value& value) {
  const std::string line = sxp::to_string(value) + "\n";
  for (std::size_t at = 0; at < line.size();) {
    ssize_t written = ::send(out_, line.data() + at, line.size() - at, MSG_NOSIGNAL);
    if (written < 0 && errno == ENOTSOCK) written = ::write(out_, line.data() + at, line.size() - at);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) throw system_failure("nobody listens", errno);
    at += static_cast<std::size_t>(written);
  }
}

bool Conversation::gone() {
  if (ended_) return true;
  pollfd waiting{in_, 0, 0};  // POLLHUP and POLLERR are always told
  return ::poll(&waiting, 1, 0) > 0;
}

std::optional<sxp::Value> Conversation::hear_at_once() {
  for (;;) {
    if (std::optional<sxp::Value> value = heard()) return value;
    pollfd waiting{in_, POLLIN, 0};
    if (ended_ || ::poll(&waiting, 1, 0) <= 0 || !receive()) return std::nullopt;
  }
}

}  // namespace xend
