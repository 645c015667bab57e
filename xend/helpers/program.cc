#include "xend/helpers/program.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <climits>
#include <csignal>
#include <cstring>
#include <string>

#include "libxc-wrap/error.h"
#include "xend/helpers/explain.h"
#include "xend/helpers/failure.h"

namespace xend {
namespace {

constexpr int kFirstDescriptorNotOurs = 4;  // 0, 1, 2 and the image

void give_up_rights(Orphaned orphaned) {
  std::signal(SIGPIPE, SIG_IGN);
  ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  const rlimit none{0, 0};
  ::setrlimit(RLIMIT_CORE, &none);  // a core file would hold the guest's memory
  ::close_range(kFirstDescriptorNotOurs, UINT_MAX, 0);
  // Follows the thread that started this program; that thread waits for it, so it is as good as the daemon.
  if (orphaned == Orphaned::kDies) ::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
}

// Best effort: when nobody listens any more there is nobody to tell.
void report(Conversation& daemon, const std::string& reason, int error) {
  sxp::List answer = {"error"};
  if (error != 0) answer.push_back(sxp::Value::list({"errno", error}));
  answer.emplace_back(reason);
  try {
    hand_over(daemon, answer);
  } catch (const Failure&) {
  }
}

std::uint64_t parse_number(std::string_view text, const std::string& what) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size())
    throw Failure(what + " is '" + std::string(text) + "', which is no number");
  return value;
}

}  // namespace

int run_program(Orphaned orphaned, const std::function<void(Conversation&)>& work) {
  give_up_rights(orphaned);
  Conversation daemon(STDIN_FILENO, STDOUT_FILENO);
  try {
    work(daemon);
    return 0;
  } catch (const Failure& failure) {
    report(daemon, failure.what(), failure.error());
  } catch (const xc::Error& error) {
    const std::string meaning = explain(error.what());
    report(daemon, meaning.empty() ? error.what() : meaning + " (" + error.what() + ")", error.error());
  } catch (const std::exception& error) {
    report(daemon, error.what(), 0);
  }
  return 1;
}

void hand_over(Conversation& daemon, const sxp::Value& result) {
  daemon.say(result);
  if (!daemon.hear()) throw Failure("the daemon is gone");
}

sxp::Value hear_request(Conversation& daemon, const char* head) {
  std::optional<sxp::Value> request = daemon.hear();
  if (!request) throw Failure("there is no request on stdin: this program is started by xend");
  if (!sxp::is_element(*request, head)) throw Failure(std::string("the request on stdin is not (") + head + " ...)");
  return std::move(*request);
}

std::uint64_t number_of(const sxp::Value& request, const char* key) {
  return parse_number(text_of(request, key), key);
}

std::string text_of(const sxp::Value& request, const char* key) {
  std::optional<std::string> text = sxp::child_text(request, key);
  if (!text) throw Failure(std::string("the request has no ") + key);
  return std::move(*text);
}

unsigned argument(std::span<char* const> arguments, std::size_t index) {
  const std::string what = "argument " + std::to_string(index);
  if (index >= arguments.size()) throw Failure(what + " is missing");
  const std::uint64_t value = parse_number(arguments[index], what);
  if (value > INT_MAX) throw Failure(what + " is too large");
  return static_cast<unsigned>(value);
}

int descriptor_argument(std::span<char* const> arguments, std::size_t index) {
  const int fd = static_cast<int>(argument(arguments, index));
  if (::fcntl(fd, F_SETFD, FD_CLOEXEC) < 0) throw system_failure("descriptor " + std::to_string(fd), errno);
  return fd;
}

}  // namespace xend
