#include "xend/build/boot_loader.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <system_error>

#include "xend/build/pseudo_terminal.h"
#include "xend/error.h"
#include "xend/helpers/descriptor.h"
#include "xend/helpers/spawn.h"
#include "xend/log.h"

namespace xend {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kLongestAnswer = 64 * 1024;

std::string message(int error) {
  return std::generic_category().message(error);
}

bool is_pygrub(const std::string& program) {
  return program.ends_with("/pygrub");
}

// The loader's own folder, with the fifo for its answer; gone in the end unless the loader's copies in it are
// somebody's.
class Workplace {
 public:
  Workplace(const std::string& parent, xc::DomId domid) {
    std::filesystem::create_directories(parent);
    std::filesystem::permissions(parent, std::filesystem::perms::owner_all);
    path_ = fmt::format("{}/{}.XXXXXX", parent, domid);
    if (::mkdtemp(path_.data()) == nullptr) throw Error(fmt::format("{} cannot be made: {}", path_, message(errno)));
    fifo_ = path_ + "/answer";
    if (::mkfifo(fifo_.c_str(), S_IRUSR | S_IWUSR) != 0)
      throw Error(fmt::format("{} cannot be made: {}", fifo_, message(errno)));
    // For writing, too, so that it is not at its end before the loader has opened it.
    reader_ = Descriptor(::open(fifo_.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC));
    if (reader_.get() < 0) throw Error(fmt::format("{} cannot be opened: {}", fifo_, message(errno)));
  }
  ~Workplace() {
    std::error_code ignored;
    if (!kept_) std::filesystem::remove_all(path_, ignored);
  }
  Workplace(const Workplace&) = delete;
  Workplace& operator=(const Workplace&) = delete;

  const std::string& path() const { return path_; }
  const std::string& fifo() const { return fifo_; }
  int reader() const { return reader_.get(); }
  void keep() { kept_ = true; }

 private:
  std::string path_, fifo_;
  Descriptor reader_;
  bool kept_ = false;
};

// The running loader with all that it has started; killed in the end.
class Loader {
 public:
  Loader(const SpawnOrder& order) : pid_(spawn(order)) {
    end_ = Descriptor(static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0)));
  }
  ~Loader() {
    ::kill(-pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  Loader(const Loader&) = delete;
  Loader& operator=(const Loader&) = delete;

  int end() const { return end_.get(); }

 private:
  pid_t pid_;
  Descriptor end_;
};

// Moves what is there from one descriptor to the other; what the other does not take is lost: nobody looks. Returns the
// text moved; nothing at the end of `from`.
std::optional<std::string> move_some(int from, int to) {
  std::array<char, 4096> piece{};
  const ssize_t got = ::read(from, piece.data(), piece.size());
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return "";
  if (got <= 0) return std::nullopt;
  if (to >= 0) {
    [[maybe_unused]] const ssize_t ignored = ::write(to, piece.data(), static_cast<std::size_t>(got));
  }
  return std::string(piece.data(), static_cast<std::size_t>(got));
}

// From the loader's start to its end: its terminal is shown, its answer collected.
class Session {
 public:
  Session(const BootLoaderRequest& request, const Workplace& workplace) : request_(request), workplace_(workplace) {}

  std::string run(const SpawnOrder& order, Clock::time_point deadline, const Cancellation& cancel) {
    if (request_.on_terminal) request_.on_terminal(shown_.path());
    Loader loader(order);
    own_.close_slave();
    for (bool running = true; running;) {
      std::array<pollfd, 5> events{pollfd{loader.end(), POLLIN, 0}, pollfd{workplace_.reader(), POLLIN, 0},
                                   pollfd{own_open_ ? own_.master() : -1, POLLIN, 0},
                                   pollfd{shown_.master(), POLLIN, 0}, pollfd{cancel.fd(), POLLIN, 0}};
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
      const int ready = left > 0 ? ::poll(events.data(), events.size(), static_cast<int>(left)) : 0;
      if (ready < 0 && errno == EINTR) continue;
      if (ready == 0)
        throw Error(fmt::format("The boot loader {} of {} did not end in time and was stopped.", request_.program,
                                request_.name));
      if (cancel.cancelled()) throw Error("Domain was died while the bootloader was running.");
      running = events[0].revents == 0;
      move(events);
    }
    collect();
    return answer_;
  }

  const std::string& terminal() const { return own_.path(); }
  // The last thing it said, for messages.
  std::string last_words() const {
    std::string text = said_;
    text.erase(std::remove(text.begin(), text.end(), '\r'), text.end());
    while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
    const auto newline = text.rfind('\n');
    return newline == std::string::npos ? text : text.substr(newline + 1);
  }

 private:
  void move(const std::array<pollfd, 5>& events) {
    if (events[1].revents != 0) collect();
    if (events[2].revents != 0) {
      const auto shown = move_some(own_.master(), shown_.master());
      own_open_ = shown.has_value();
      if (shown) remember(*shown);
    }
    if (events[3].revents != 0) move_some(shown_.master(), own_.master());
  }

  void remember(const std::string& shown) {
    constexpr std::size_t kEnough = 2000;
    said_ += shown;
    if (said_.size() > kEnough) said_.erase(0, said_.size() - kEnough);
  }

  void collect() {
    for (auto piece = move_some(workplace_.reader(), -1); piece && !piece->empty();
         piece = move_some(workplace_.reader(), -1)) {
      answer_ += *piece;
      if (answer_.size() > kLongestAnswer)
        throw Error(fmt::format("The boot loader {} of {} answers with more than {} bytes.", request_.program,
                                request_.name, kLongestAnswer));
    }
  }

  const BootLoaderRequest& request_;
  const Workplace& workplace_;
  PseudoTerminal own_;    // the loader's
  PseudoTerminal shown_;  // what `xm console` opens
  bool own_open_ = true;
  std::string answer_, said_;
};

std::vector<std::string> arguments_for(const BootLoaderRequest& request, const Workplace& workplace) {
  std::vector<std::string> words;
  const auto add = [&](const char* option, const std::string& value) {
    if (!value.empty()) words.push_back(fmt::format("--{}={}", option, value));
  };
  add("kernel", request.kernel);
  add("ramdisk", request.ramdisk);
  add("args", request.hints);
  add("output", workplace.fifo());
  const auto more = shell_words(request.arguments);
  if (is_pygrub(request.program)) {
    add("output-directory", workplace.path());
    // It can give up its rights only when nobody is to be asked. A user id of its own, which no account has.
    constexpr unsigned kFirstUser = 1'900'000'000;
    const bool quiet = std::any_of(more.begin(), more.end(), [](const std::string& word) {
      return word == "-q" || word == "--quiet" || word.starts_with("--entry");
    });
    if (quiet) add("runas", std::to_string(kFirstUser + request.domid));
  }
  words.insert(words.end(), more.begin(), more.end());
  words.push_back(request.disk);
  return words;
}

std::vector<std::string> environment() {
  std::vector<std::string> variables = {"TERM=vt100"};
  for (char** variable = environ; *variable != nullptr; ++variable)
    if (!std::string_view(*variable).starts_with("TERM=")) variables.emplace_back(*variable);
  return variables;
}

void check_request(const BootLoaderRequest& request) {
  if (::access(request.program.c_str(), X_OK) != 0) throw Error("Bootloader isn't executable");
  if (::access(request.disk.c_str(), R_OK) != 0) throw Error("Disk isn't accessible");
}

}  // namespace

BootFiles run_boot_loader(const BootLoaderRequest& request, const BootLoaderSettings& settings,
                          const Cancellation& cancel) try {
  check_request(request);
  Workplace workplace(settings.folder, request.domid);
  Session session(request, workplace);
  SpawnOrder order;
  order.path = request.program;
  order.arguments = arguments_for(request, workplace);
  order.environment = environment();
  order.own_session = true;
  order.terminal = session.terminal();
  XEND_LOG(Debug, "Domain {} ({}): boot loader {} {}", request.name, request.domid, request.program,
           fmt::join(order.arguments, " "));
  const std::string answer = session.run(order, Clock::now() + settings.limit, cancel);
  try {
    auto files = parse_boot_answer(answer, workplace.path(), !is_pygrub(request.program));
    workplace.keep();
    XEND_LOG(Info, "Domain {} ({}): the boot loader has chosen {} {} {}", request.name, request.domid, files.kernel(),
             files.ramdisk(), files.arguments());
    return files;
  } catch (const Error& e) {
    const std::string words = session.last_words();
    throw Error(words.empty() ? e.what() : fmt::format("{}\n{} said: {}", e.what(), request.program, words));
  }
} catch (const std::system_error& e) {
  throw Error(fmt::format("The boot loader {} of {} could not be run: {}", request.program, request.name, e.what()));
}

}  // namespace xend
