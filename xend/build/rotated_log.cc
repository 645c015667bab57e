#include "xend/build/rotated_log.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <deque>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <system_error>

#include "xend/log_text.h"

namespace xend {

namespace fs = std::filesystem;

Descriptor open_rotated_log(const std::string& path, unsigned old_logs) {
  const auto old = [&](unsigned n) { return path + "." + std::to_string(n); };
  std::error_code missing;  // most of them are not there
  if (old_logs == 0) fs::remove(path, missing);
  for (unsigned n = old_logs; n > 0; --n) fs::rename(n == 1 ? path : old(n - 1), old(n), missing);
  Descriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, S_IRUSR | S_IWUSR));
  if (file.get() < 0) throw std::system_error(errno, std::generic_category(), path);
  return file;
}

std::string end_of_log(const std::string& path, unsigned lines) {
  constexpr std::streamoff kMost = 4096;
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  if (!file) return "";
  const std::streamoff size = file.tellg();
  const std::streamoff part = std::min(size, kMost);
  std::string text(static_cast<std::size_t>(part), '\0');
  file.seekg(size - part);
  file.read(text.data(), part);
  text.resize(static_cast<std::size_t>(file.gcount()));
  while (text.ends_with('\n')) text.pop_back();
  std::deque<std::string> last;
  std::istringstream all(text);
  for (std::string line; std::getline(all, line);) {
    last.push_back(escape_controls(line));
    if (last.size() > lines) last.pop_front();
  }
  return fmt::format("{}", fmt::join(last, "\n"));
}

}  // namespace xend
