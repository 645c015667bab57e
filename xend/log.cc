#include "xend/log.h"

// The journal is told the place of the caller, not of this file.
#define SD_JOURNAL_SUPPRESS_LOCATION

#include <fcntl.h>
#include <sys/stat.h>
#include <syslog.h>
#include <systemd/sd-journal.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <mutex>

#include "xend/log_text.h"

namespace xend {
namespace {

constexpr off_t kRotateBytes = 1 << 20;
constexpr int kOldFiles = 5;

struct LevelInfo {
  std::string_view name;
  int priority;  // syslog's
};

const LevelInfo& info(Level level) {
  static constexpr std::array<LevelInfo, 6> kLevels = {{{"TRACE", LOG_DEBUG},
                                                        {"DEBUG", LOG_DEBUG},
                                                        {"INFO", LOG_INFO},
                                                        {"WARNING", LOG_WARNING},
                                                        {"ERROR", LOG_ERR},
                                                        {"CRITICAL", LOG_CRIT}}};
  return kLevels.at(static_cast<std::size_t>(level));
}

void write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(fd, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return;
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
}

// The open file. Monitor and worker, two processes, write to the same one: nothing is remembered about it that the
// other may have changed.
class LogFile {
 public:
  ~LogFile() { close(); }

  // Returns 0 or an errno.
  int open(const std::string& path) {
    close();
    path_ = path;
    fd_ = ::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, 0644);
    return fd_ < 0 ? errno : 0;
  }

  // A fresh file of its own name, never one that somebody has prepared in /tmp.
  int open_temporary() {
    close();
    path_ = "/tmp/XXXXXX-xend.log";
    fd_ = ::mkostemps(path_.data(), static_cast<int>(std::strlen("-xend.log")), O_APPEND | O_CLOEXEC);
    return fd_ < 0 ? errno : 0;
  }

  void close() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
    path_.clear();
  }

  // False when the line could not be written.
  bool write(std::string_view line) {
    if (moved_away()) reopen();
    if (too_long_with(line.size())) rotate();
    if (fd_ < 0) return false;
    return ::write(fd_, line.data(), line.size()) == static_cast<ssize_t>(line.size());
  }

  bool is_open() const { return fd_ >= 0; }
  const std::string& path() const { return path_; }

 private:
  bool moved_away() const {
    struct stat mine {
    }, named{};
    if (fd_ < 0 || ::fstat(fd_, &mine) != 0) return true;
    return ::stat(path_.c_str(), &named) != 0 || mine.st_ino != named.st_ino || mine.st_dev != named.st_dev;
  }

  bool too_long_with(std::size_t more) const {
    struct stat mine {};
    return fd_ >= 0 && ::fstat(fd_, &mine) == 0 && mine.st_size > 0 &&
           mine.st_size + static_cast<off_t>(more) >= kRotateBytes;
  }

  // Keeps the old descriptor when the new one cannot be had: a line in a file without a name is better than none.
  void reopen() {
    const int fresh = ::open(path_.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, 0644);
    if (fresh < 0) return;
    if (fd_ >= 0) ::close(fd_);
    fd_ = fresh;
  }

  void rotate() {
    for (int i = kOldFiles - 1; i >= 0; --i) {
      const std::string from = i == 0 ? path_ : fmt::format("{}.{}", path_, i);
      ::rename(from.c_str(), fmt::format("{}.{}", path_, i + 1).c_str());
    }
    reopen();
  }

  int fd_ = -1;
  std::string path_;
};

struct State {
  std::mutex mutex;
  LogFile file;
  bool journal = false;
  bool also_stderr = false;
};

// Never destroyed: threads may still log while the program ends.
State& state() {
  static State* const s = new State;
  return *s;
}

std::atomic<Level> g_threshold{Level::kDebug};

std::string_view module_of(std::string_view file) {
  file.remove_prefix(file.rfind('/') + 1);  // npos + 1 is 0
  return file.substr(0, file.rfind('.'));
}

std::string local_time() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  ::localtime_r(&now, &parts);
  std::array<char, 32> text{};
  const std::size_t length = std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M:%S", &parts);
  return {text.data(), length};
}

void send_to_journal(Level level, const char* file, int line, const std::string& text) {
  ::sd_journal_send("MESSAGE=%s", text.c_str(), "PRIORITY=%i", info(level).priority, "SYSLOG_IDENTIFIER=xend",
                    "CODE_FILE=%s", file, "CODE_LINE=%i", line, nullptr);
}

}  // namespace

std::optional<Level> level_from_name(std::string_view name) {
  static constexpr std::array<std::pair<std::string_view, Level>, 9> kNames = {{{"CRITICAL", Level::kCritical},
                                                                                {"FATAL", Level::kCritical},
                                                                                {"ERROR", Level::kError},
                                                                                {"WARN", Level::kWarning},
                                                                                {"WARNING", Level::kWarning},
                                                                                {"INFO", Level::kInfo},
                                                                                {"DEBUG", Level::kDebug},
                                                                                {"NOTSET", Level::kTrace},
                                                                                {"TRACE", Level::kTrace}}};
  for (const auto& [known, level] : kNames) {
    if (known == name) return level;
  }
  return std::nullopt;
}

void log_open(const std::string& path, Level threshold, bool journal) {
  std::string trouble;
  {
    const std::lock_guard lock(state().mutex);
    g_threshold = threshold;
    state().journal = journal;
    const std::string parent = std::filesystem::path(path).parent_path();
    if (!parent.empty()) ::mkdir(parent.c_str(), 0700);
    if (const int error = state().file.open(path)) {
      trouble = fmt::format("The log file {} cannot be opened: {}.", path, std::strerror(error));
      state().file.open_temporary();
    }
  }
  if (!trouble.empty()) XEND_LOG(Warning, "{}", trouble);
}

void log_to_stderr(bool on) {
  const std::lock_guard lock(state().mutex);
  state().also_stderr = on;
}

void log_close() {
  const std::lock_guard lock(state().mutex);
  state().file.close();
  state().journal = false;
}

std::string log_path() {
  const std::lock_guard lock(state().mutex);
  return state().file.path();
}

bool log_enabled(Level level) {
  return level >= g_threshold.load(std::memory_order_relaxed);
}

void log(Level level, const char* file, int line, std::string_view text) {
  if (!log_enabled(level)) return;
  const std::string message = escape_controls(mask_passwords(text));
  const std::string tail = fmt::format("{} ({}:{}) {}\n", info(level).name, module_of(file), line, message);
  const std::string whole = fmt::format("[{} {}] {}", local_time(), ::getpid(), tail);

  State& s = state();
  const std::lock_guard lock(s.mutex);
  const bool written = s.file.is_open() && s.file.write(whole);
  if (s.journal) send_to_journal(level, file, line, message);
  if (s.also_stderr) {
    write_all(STDERR_FILENO, "[xend] " + tail);
  } else if (!written && !s.journal) {
    write_all(STDERR_FILENO, whole);
  }
}

}  // namespace xend
