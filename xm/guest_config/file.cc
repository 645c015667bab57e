#include "xm/guest_config/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>

#include <fmt/format.h>

#include "xm/error.h"
#include "xm/guest_config/descriptor.h"
#include "xm/guest_config/errors.h"
#include "xm/guest_config/lexer.h"
#include "xm/guest_config/python_answer.h"
#include "xm/report.h"

namespace xm::guest_config {
namespace {

constexpr off_t kLargestFile = 1024 * 1024;

// Python's text for a failed open, which the original showed.
[[noreturn]] void cannot_read(int error, const std::string& path) {
  throw Error::die(fmt::format("[Errno {}] {}: '{}'", error, std::generic_category().message(error), path));
}

// What the file prints, printed also when running it fails.
struct Printed {
  Printed() = default;
  ~Printed() { print(text); }
  Printed(const Printed&) = delete;
  Printed& operator=(const Printed&) = delete;
  std::string text;
};

// The whole file, because of `reason`, which is not known here.
Namespace run_with_python(const PythonRunner& runner, const std::string& path, const std::string& source,
                          const Namespace& script_variables, const Unsupported& reason) {
  if (runner.python.empty()) {
    throw Error::die(fmt::format(
        "{}, line {}: {} needs Python, and there is no python3: install the Debian package python3, or write "
        "values only:\n\t{}",
        path, reason.line(), reason.what(), source_line(source, reason.line())));
  }
  Printed printed;
  try {
    return parse_python_answer(run_python(runner, path, source, script_variables, printed.text));
  } catch (const std::system_error& e) {
    throw Error::die(fmt::format("{} cannot be run with {}: {}.", path, runner.python, e.code().message()));
  }
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
  const Descriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
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

Namespace run_file(const std::string& path, const std::string& source, const Namespace& script_variables,
                   const PythonRunner& runner) {
  Namespace names = script_variables;
  names["xm_file"] = path;
  names["xm_help"] = 0;
  try {
    try {
      return evaluate(source, std::move(names));
    } catch (const Unsupported& reason) {
      return run_with_python(runner, path, source, script_variables, reason);
    }
  } catch (const SyntaxError& e) {
    throw Error::die(fmt::format("Errors were found at line {} while processing {}:\n\t{}", e.line(), path,
                                 source_line(source, e.line())));
  } catch (const TooDeep& e) {
    throw Error::die(fmt::format("{}, {}", path, e.what()));
  } catch (const EvaluationError& e) {
    throw Error::die(e.what());
  } catch (const Unexpected& e) {
    fmt::print(stderr, "{}", e.traceback());
    print(fmt::format("Unexpected error: {}\n\nPlease report it to whoever wrote {}.\n", e.what(), path));
    throw Exit{1};
  } catch (const ProgramExit& e) {
    throw Exit{e.status()};
  }
}

}  // namespace xm::guest_config
