#include "xm/guest_config/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>

#include <fmt/format.h>

#include "xm/error.h"
#include "xm/guest_config/errors.h"
#include "xm/guest_config/lexer.h"

namespace xm::guest_config {
namespace {

constexpr off_t kLargestFile = 1024 * 1024;

class Descriptor {
 public:
  explicit Descriptor(const std::string& path) : fd_(open(path.c_str(), O_RDONLY | O_CLOEXEC)) {}
  ~Descriptor() {
    if (fd_ >= 0) close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

// Python's text for a failed open, which the original showed.
[[noreturn]] void cannot_read(int error, const std::string& path) {
  throw Error::die(fmt::format("[Errno {}] {}: '{}'", error, std::generic_category().message(error), path));
}

}  // namespace

std::string find_file(const std::string& name, const std::string& path) {
  std::vector<std::string> candidates = {name};
  for (std::size_t start = 0; start <= path.size();) {
    const std::size_t end = std::min(path.find(':', start), path.size());
    candidates.push_back((std::filesystem::path(path.substr(start, end - start)) / name).string());
    start = end + 1;
  }
  for (std::string& candidate : candidates) {
    if (!candidate.starts_with('/')) candidate = "./" + candidate;
    std::error_code error;
    if (std::filesystem::exists(candidate, error)) return candidate;
  }
  throw Error::option_error(fmt::format("Unable to open config file: {}", name));
}

std::string read_file(const std::string& path) {
  const Descriptor file(path);
  if (file.get() < 0) cannot_read(errno, path);
  struct stat info {};
  if (fstat(file.get(), &info) != 0) cannot_read(errno, path);
  if (S_ISDIR(info.st_mode)) cannot_read(EISDIR, path);
  const auto too_large = [&] { return Error::die(fmt::format("{} is larger than 1 MiB: not a guest file", path)); };
  if (info.st_size > kLargestFile) throw too_large();

  std::string text;
  char buffer[16384];
  while (true) {
    const ssize_t count = read(file.get(), buffer, sizeof buffer);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) cannot_read(errno, path);
    if (count == 0) return text;
    if (static_cast<off_t>(text.size()) + count > kLargestFile) throw too_large();  // a device, or growing
    text.append(buffer, static_cast<std::size_t>(count));
  }
}

Namespace run_file(const std::string& path, const std::string& source, const Namespace& script_variables) {
  Namespace names = script_variables;
  names["xm_file"] = path;
  names["xm_help"] = 0;
  try {
    names = evaluate(source, std::move(names));
  } catch (const SyntaxError& e) {
    throw Error::die(fmt::format("Errors were found at line {} while processing {}:\n\t{}", e.line(), path,
                                 source_line(source, e.line())));
  } catch (const Unsupported& e) {
    throw Error::die(fmt::format("{}, line {}: {} is more than this release understands in a guest file:\n\t{}", path,
                                 e.line(), e.what(), source_line(source, e.line())));
  } catch (const EvaluationError& e) {
    throw Error::die(e.what());
  }
  std::erase_if(names, [](const auto& variable) { return !variable.second.leaves_file(); });
  return names;
}

}  // namespace xm::guest_config
