#include "xend/build/qmp.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <nlohmann/json.hpp>
#include <system_error>

#include "xend/build/qmp_answers.h"
#include "xend/error.h"

namespace xend {
namespace {

constexpr std::size_t kLongestMessage = 1 << 20;

std::string message(int error) {
  return std::generic_category().message(error);
}

Descriptor connect_to(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) throw Error(fmt::format("{} is too long for a socket.", path));
  path.copy(address.sun_path, path.size());
  Descriptor fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (fd.get() < 0 || ::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    throw Error(fmt::format("The device model does not answer on {}: {}", path, message(errno)));
  return fd;
}

}  // namespace

Qmp::Qmp(const std::string& path, std::chrono::milliseconds limit)
    : path_(path), limit_(limit), socket_(connect_to(path)) {
  const auto greeting = hear(Clock::now() + limit_);
  if (!greeting.contains("QMP")) throw Error(fmt::format("{} is not the socket of a device model.", path_));
  command("qmp_capabilities");
}

Qmp::~Qmp() = default;

nlohmann::json Qmp::command(const std::string& name) {
  return command(name, nlohmann::json::object());
}

nlohmann::json Qmp::command(const std::string& name, const nlohmann::json& arguments) {
  const auto deadline = Clock::now() + limit_;
  nlohmann::json request = {{"execute", name}};
  if (!arguments.empty()) request["arguments"] = arguments;
  say(request, deadline);
  for (;;) {  // events come between
    auto answer = hear(deadline);
    if (answer.contains("return")) return std::move(answer["return"]);
    if (answer.contains("error"))
      throw Error(fmt::format("The device model refuses {}: {}", name, qmp_description(answer["error"])));
  }
}

void Qmp::wait(short event, Clock::time_point deadline) {
  for (;;) {
    pollfd waited{socket_.get(), event, 0};
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
    const int ready = left > 0 ? ::poll(&waited, 1, static_cast<int>(left)) : 0;
    if (ready > 0) return;
    if (ready < 0 && errno == EINTR) continue;
    throw Error(fmt::format("The device model did not answer on {} within {} ms.", path_, limit_.count()));
  }
}

void Qmp::say(const nlohmann::json& request, Clock::time_point deadline) {
  std::string line;
  try {
    line = request.dump() + "\n";
  } catch (const nlohmann::json::exception&) {
    throw Error("What the device model is to be told is not UTF-8, and it takes nothing else.");
  }
  for (std::size_t sent = 0; sent < line.size();) {
    wait(POLLOUT, deadline);
    const ssize_t n = ::send(socket_.get(), line.data() + sent, line.size() - sent, MSG_NOSIGNAL);
    if (n < 0 && errno != EAGAIN && errno != EINTR)
      throw Error(fmt::format("The device model does not listen on {}: {}", path_, message(errno)));
    if (n > 0) sent += static_cast<std::size_t>(n);
  }
}

// A message is a line.
nlohmann::json Qmp::hear(Clock::time_point deadline) {
  std::size_t end = 0;
  for (std::size_t searched = 0; (end = received_.find('\n', searched)) == std::string::npos;) {
    searched = received_.size();
    if (received_.size() > kLongestMessage) throw Error("The device model's answer is longer than 1 MiB.");
    wait(POLLIN, deadline);
    std::array<char, 16384> piece{};
    const ssize_t n = ::recv(socket_.get(), piece.data(), piece.size(), 0);
    if (n == 0) throw Error("The device model has closed its socket: it may have ended.");
    if (n < 0 && errno != EAGAIN && errno != EINTR)
      throw Error(fmt::format("The device model cannot be heard on {}: {}", path_, message(errno)));
    if (n > 0) received_.append(piece.data(), static_cast<std::size_t>(n));
  }
  const std::string line = received_.substr(0, end);
  received_.erase(0, end + 1);
  return parse_qmp_message(line);
}

}  // namespace xend
